create or replace table communities as
with ranked as (
    select *, row_number() over (partition by county_code order by u('community', community_code)) as place,
        community_name not like '%村%' as is_urban
    from divisions
),
chosen as (
    select * from ranked
    where place <= greatest(3, round({wanted} * (0.4 * county_share + 0.6 * (
        select count(*) from divisions as d where d.county_code = ranked.county_code) / 1131.0)))
        or {wanted} = 1131
),
weighed as (
    select *, county_share * weight / sum(weight) over (partition by county_code) as share
    from (select *, (case when is_urban then 1.6 else 1 end) * (0.6 + 0.8 * u('size', community_code)) as weight
          from chosen)
)
select row_number() over (order by community_code)::int as community_no, * exclude (place, weight, share),
    row_number() over (partition by town_code order by community_code)::int as town_place,
    regexp_replace(regexp_replace(community_name, '居委会$|村委会$|居民委员会$|村民委员会$', ''), '社区$|村$', '')
        || case when is_urban then '社区' else '村' end as community_label,
    greatest(8, round({households} * share))::int as households,
    greatest(1, round({households} * share / 400))::int as grids
from weighed
order by community_code;

create or replace table communities as
select c.*, greatest(c.households + 2, round(c.households * 1.06))::int as houses,
    sum(households) over (order by community_no) - households as first_household
from communities as c;
