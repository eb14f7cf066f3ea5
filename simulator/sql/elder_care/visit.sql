insert into plan_elder_care_visit
select row_no, 'copy', 'visit_no', 'visit_duplicate' from rows_elder_care_visit where is_copy;

create or replace table elder_care_visit as
select row_no, 'TF' || strftime(visited_local, '%y%m%d') || lpad(((row_no * 387420489 + 59) % 10000000000)::varchar, 10, '0') as visit_no,
    case when elder_fault is not null then 'LN9' || substr(elder_no, 4) || '0' else elder_no end as elder_no,
    'TY' || lpad((1 + pick('visitor', row_no // 2, 600))::varchar, 5, '0') as visitor_no, at_zone(visited_local) as visited_at,
    ['HOME', 'HOME', 'HOME', 'PHONE', 'PHONE', 'VIDEO'][1 + pick('visit way', row_no // 2, 6)] as visit_way_code,
    u('risk', row_no // 2) < 0.03 as has_risk,
    at_zone(visited_local + interval (600 + pick('written down', row_no // 2, 7200) + case when is_copy then 90 else 0 end) second) as updated_at,
    u('deleted visit', row_no) < 0.002 as is_deleted
from faulty_elder_care_visit;
