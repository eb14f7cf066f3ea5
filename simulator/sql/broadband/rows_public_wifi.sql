create or replace table rows_broadband_public_wifi as
with sites as (
    select c.community_no * 4 + place as site_place, place, c.community_code, c.community_label, c.county_name, c.longitude, c.latitude
    from communities as c, range(4) as t(place)
    where place = 0 or u('has place', c.community_no * 4 + place) < case when c.is_urban then 0.6 else 0.25 end
),
copies as (
    select site_place from sites order by u('site twice', site_place), site_place
    limit (select ceil(count(*) * {copies})::bigint from sites)
),
stacked as (
    select *, false as is_copy from sites
    union all
    select *, true from sites join copies using (site_place)
)
select s.*, site_place * 2 + is_copy::int as row_no,
    (date '2024-09-01' + to_months(pick('site planned', site_place, 26)::int))::date as planned_on,
    pick('site took', site_place, 5)::int as took_months,
    community_label || ['社区服务中心', '文化广场', '公园', '卫生服务站'][1 + place] as true_site_name
from stacked as s;

create or replace table rows_broadband_public_wifi as
select *, (planned_on + to_months(took_months))::date as live_on,
    (planned_on + to_months(took_months)) < date '{today}' and u('site live', site_place) < 0.9 as is_live
from rows_broadband_public_wifi;
