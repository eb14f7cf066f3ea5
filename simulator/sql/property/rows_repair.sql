create or replace table base_property_repair as
with callers as (
    select house_id, arg_min(person_no, u('caller', person_no)) as person_no from persons
    where presence = 'resident' and age_years >= 18 group by house_id
),
called as (
    select u.unit_id, u.true_estate_no, u.house_id, c.person_no,
        unnest(range(case when u('calls for repair', u.house_id) < 0.05 then 2 when u('calls for repair', u.house_id) < 0.36 then 1 else 0 end)) as place
    from property_unit as u join callers as c on c.house_id = u.house_id where u.copy_no = 0
),
told as (
    select (house_id * 4 + place) * 2 as row_no, *, u('complaint', house_id * 4 + place) < 0.16 as is_complaint,
        timestamp '{today}' - interval (pick('called', house_id * 4 + place, 90)) day
            + interval (25000 + pick('called at', house_id * 4 + place, 48000)) second as reported_local
    from called
)
select t.*, p.relative_no, reported_local + interval (120 + pick('accepted', row_no, 5000)) second as accepted_local,
    reported_local + interval (case when is_complaint then 72 else 24 end) hour as due_local,
    reported_local + interval (7200 + (case when is_complaint then 72 else 24 end * 3600
        * case when u('in time', row_no) < 0.88 then 0.85 * u('done', row_no) else 1.02 + 1.6 * u('done', row_no) end)::bigint) second as done_local,
    u('called off', row_no) < 0.03 as is_called_off,
    case when is_complaint then ['CLEANING', 'PARKING', 'NOISE', 'NOISE'][1 + pick('category', row_no, 4)]
        else ['WATER', 'ELECTRICITY', 'LIFT', 'DOOR', 'LEAK', 'WATER'][1 + pick('category', row_no, 6)] end as category_code
from told as t join persons as p using (person_no);

create or replace table base_property_repair as
with told as (
    select *, case when is_called_off then 'CANCELLED' when done_local > timestamp '{today}' + interval 20 hour then 'OPEN' else 'DONE' end
        as status_code, false as is_copy
    from base_property_repair
),
again as (
    select * from told where reported_local < timestamp '{today}' order by u('told twice', row_no), row_no
    limit (select ceil(count(*) * {copies})::bigint from told)
)
select * from told
union all
select * replace (row_no + 1 as row_no, reported_local + interval (300 + pick('again', row_no, 3000)) second as reported_local,
    accepted_local + interval 1 hour as accepted_local, greatest(done_local, accepted_local + interval 2 hour) as done_local, true as is_copy)
from again;
