create or replace table affairs_rating as
with rated as (
    select *, closed_local + interval (600 + pick('rated', row_no, 250000)) second as rated_local
    from affairs_case where status_code = 'CLOSED' and closed_local is not null and u('rates', row_no) < 0.42
)
select row_no, 'PJ' || lpad((row_no * 387420489 % 1000000000000)::varchar, 12, '0') as rating_id, county_code, case_no,
    case when u('score', row_no) < 0.62 then 5 when u('score', row_no) < 0.84 then 4 when u('score', row_no) < 0.93 then 3
        when u('score', row_no) < 0.97 then 2 else 1 end as score,
    at_zone(rated_local) as rated_at, at_zone(rated_local + interval 3 second) as updated_at, false as is_deleted
from rated where rated_local < timestamp '{today}' + interval 86390 second;
