create or replace table rows_property_building as
with others as (
    select community_code, coalesce(lead(community_code) over (order by community_code), first_value(community_code) over (order by community_code))
        as other_community_code
    from communities
),
built as (
    select estate_no, estate_building, any_value(community_code) as community_code, any_value(substr(house_code, 1, 17)) as building_code,
        any_value(kind) as kind, max(unit_no) as units_count, max(floor_no) as floors_count, count(*) as households_count,
        min(longitude) as longitude, min(latitude) as latitude
    from houses where kind in ('walkup', 'tower') group by estate_no, estate_building
)
select estate_no::bigint * 1000 + estate_building as row_no, b.*, o.other_community_code
from built as b join others as o using (community_code);
