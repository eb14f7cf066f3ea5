create or replace table replayed_messages as
select m.row_no, s.ends + interval (20 + row_number() over (partition by s.device_no order by m.sent)) second as again_local
from sent_messages as m join silences as s using (device_no)
where s.kind = 'OUTAGE' and m.topic not in ('device', 'patrol_point') and m.sent between s.starts - interval 1 hour and s.starts and s.ends < m.horizon;
