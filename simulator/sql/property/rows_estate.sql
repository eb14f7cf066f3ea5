create or replace table rows_property_estate as
with managed as (
    select estate_no as row_no, any_value(estate_name) as estate_name, any_value(estate_alias) as estate_alias, any_value(kind) as kind,
        any_value(county_code) as county_code, any_value(community_code) as community_code,
        any_value('安徽省淮南市' || county_name || town_name || community_label || place) as address,
        count(*) as households_count, count(distinct building_no) as buildings_count,
        min(longitude) as longitude, min(latitude) as latitude
    from houses where kind in ('walkup', 'tower') group by estate_no
),
companies as (
    select org_no, name, credit_code, row_number() over (order by org_no) - 1 as place, count(*) over () as companies
    from organizations where kind_code = 'enterprise' and cancelled_on is null
),
equipped as (
    select *, list_filter(['INTERCOM', 'VIDEO', 'ACCESS', 'PARKING', 'PATROL', 'LIFT', 'VISITOR', 'PAYMENT'],
        lambda word: u('has ' || word, row_no) < case when kind = 'tower' then 0.75 else 0.45 end) as existing
    from managed
)
select e.*, c.org_no, c.name as company_name, c.credit_code,
    list_filter(existing, lambda word: u('shares ' || word, row_no) < 0.55) as integrated,
    list_filter(['PAYMENT', 'VISITOR', 'PATROL', 'INTERCOM', 'LIFT', 'PARKING', 'ACCESS', 'VIDEO'],
        lambda word: not list_contains(existing, word)) as lacking
from equipped as e join companies as c on c.place = pick('company', e.row_no // 3, c.companies);
