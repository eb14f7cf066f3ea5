insert into plan_volunteering_service_hour
select row_no, 'copy', case copied_as when 'hours_overlapping' then 'started_at' else 'hour_no' end, copied_as
from rows_volunteering_service_hour where copied_as is not null;

create or replace table volunteering_service_hour as
select h.row_no, 'FW' || lpad(h.row_no::varchar, 12, '0') as hour_no, v.volunteer_no,
    a.activity_no, at_zone(started_local) as started_at, at_zone(started_local + interval (seconds) second) as ended_at,
    round(seconds / 3600.0, 1) * case when span_fault is null then 1 else 2 + pick('inflated', h.row_no, 3) end as hours,
    case when u('scanned', h.row_no) < 0.7 then 'QR_CODE' else 'MANUAL' end as recorded_by_code,
    changed_at(started_local + interval (seconds + 600) second, 'hour', h.row_no, timestamp '{today}') as updated_at,
    u('hour deleted', h.row_no) < 0.003 and copied_as is null as is_deleted
from faulty_volunteering_service_hour as h
join volunteering_volunteer as v on v.row_no = h.volunteer_row_no
join volunteering_activity as a on a.row_no = h.activity_row_no;
