create or replace table base_deliberation_account as
with joined as (
    select person_no, relative_no, community_no,
        timestamp '{today}' - interval (2 + pick('account since', person_no, 900)) day
            + interval (25200 + pick('account at', person_no, 50000)) second as registered_local
    from persons where presence = 'resident' and age_years between 16 and 80 and u('deliberates', person_no) < 0.17
),
ranked as (
    select *, row_number() over (order by u('accounts again', person_no), person_no) as choice, count(*) over () as total from joined
),
-- The first few hold six accounts on one telephone; the next ones register a second time on
-- another.
kept as (
    select * exclude (choice, total), choice <= ceil(total * {farms} / 6) as is_farmer,
        choice > ceil(total * {farms} / 6) and choice <= ceil(total * {farms} / 6) + ceil(total * {copies}) as is_twice
    from ranked
)
select person_no * 8 as row_no, 0 as copy_no, * from kept
union all
select person_no * 8 + place, place, k.* replace (
    k.registered_local + interval (600 * place + pick('farmed', k.person_no, 300)) second as registered_local)
from kept as k cross join (select unnest(range(1, 6)) as place) as copies where k.is_farmer
union all
select person_no * 8 + 7, 7, k.* replace (
    least(k.registered_local + interval (pick('account again', k.person_no, 200)) day, timestamp '{today}' - interval 1 day) as registered_local)
from kept as k where k.is_twice;
