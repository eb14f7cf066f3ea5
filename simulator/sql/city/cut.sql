create or replace table persons as
with sizes as (
    select household_no, count(*) filter (presence = 'resident') as residents from persons group by household_no
),
reached as (
    select *, sum(residents) over (order by u('cut', household_no), household_no) as total from sizes
)
select p.* exclude (presence), p.presence
from persons as p join reached as r using (household_no)
where r.total <= {residents}
    or (r.total - r.residents < {residents} and p.presence = 'resident'
        and p.slot < (select list_sort(list(q.slot))[({residents} - r.total + r.residents)::int] + 1
                      from persons as q where q.household_no = r.household_no and q.presence = 'resident'));
