insert into plan_health_booking
select row_no, 'copy', 'booking_no', 'booking_duplicate' from rows_health_booking where is_copy;

create or replace table health_booking as
select row_no, 'YY' || strftime(booked_local, '%y%m%d') || lpad(((row_no * 387420489 + 67) % 1000000000000)::varchar, 12, '0') as booking_no,
    ehr_no,
    case institution_level_code when 'PRIMARY' then primary_institution(community_code)
        when 'SECONDARY' then secondary_institution(community_code, row_no // 2) else tertiary_institution(row_no // 2) end as institution_code,
    institution_level_code,
    case when code_fault is not null then own_department(clinic_department(row_no // 2), row_no) else clinic_department(row_no // 2) end
        as department_code,
    channel_code, u('first visit', row_no // 2) < 0.55 as is_first_visit, at_zone(booked_local) as booked_at, planned_on,
    case when status_code = 'VISITED' then case time_fault when 'value_missing' then null
        when 'time_order_implausible' then at_zone(booked_local - interval (600 + pick('early', row_no, 50000)) second)
        else at_zone(visited_local) end end as visited_at,
    status_code,
    at_zone(least(case when status_code = 'VISITED' then visited_local else booked_local end + interval (120 + pick('booking', row_no // 2, 5000)) second,
        timestamp '{today}' + interval 86200 second) + interval (case when is_copy then 60 else 0 end) second) as updated_at,
    u('deleted booking', row_no) < 0.002 as is_deleted
from faulty_health_booking;
