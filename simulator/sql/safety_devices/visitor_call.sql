create or replace table safety_devices_visitor_call as
with judged as (
    select *, case when u('call', row_no) < 0.72 then 'ANSWERED' when u('call', row_no) < 0.78 then 'REFUSED'
        else 'MISSED' end as outcome_code
    from sent_messages where topic = 'visitor_call'
),
called as (
    select j.*, 1 + (d.house_id + pick('called', j.row_no, 24)) % (select max(house_id) from houses) as called_house_id
    from judged as j join devices as d using (device_no)
)
select j.row_no, j.device_id, j.message_id, 'HJ' || j.device_no || '-' || j.detail_no as call_id, h.house_code,
    j.outcome_code, j.outcome_code = 'ANSWERED' and u('opened', j.row_no) < 0.85 as is_opened,
    case j.outcome_code when 'MISSED' then 30 else 2 + pick('ring', j.row_no, 26) end as ring_seconds,
    case j.outcome_code when 'ANSWERED' then 3 + pick('talk', j.row_no, 40) else 0 end as talk_seconds,
    j.event_time, j.gateway_time
from called as j join houses as h on h.house_id = j.called_house_id;
