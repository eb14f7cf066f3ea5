create or replace table training_course as
select row_no, held_on as true_held_on, ended_on as true_ended_on, true_hours, level,
    'KC' || year(held_on) || lpad(course_serial::varchar, 4, '0') as course_no,
    level_name || subject || '第' || numeral((1 + (course_serial - 1) // 12)::int) || '期' as course_name, category_code,
    case when hours_fault is not null then loose_hours(true_hours, row_no) else true_hours::varchar end as course_hours,
    strftime(held_on, '%Y-%m-%d') as held_on,
    strftime(case when order_fault is not null then held_on - (1 + pick('before', row_no, 20))::int else ended_on end, '%Y-%m-%d')
        as ended_on,
    level::varchar as organizer_level_code, case when is_online then '2' else '1' end as delivery_code
from faulty_training_course;
