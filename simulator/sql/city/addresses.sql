create or replace table houses as
with joined as (
    select h.*, b.building_no, e.estate_name, e.estate_alias, e.road, e.door_plate, c.county_code, c.county_name,
        c.town_code, c.town_name, c.community_label, c.is_urban,
        least(c.grids, 1 + b.first_house * c.grids // c.houses)::int as grid_place,
        case when h.kind = 'village' then building_no || '号'
            else (h.estate_building + 1) || '号楼' end as building_label,
        case when h.kind <> 'village' then h.unit_no || '单元' end as unit_label,
        case when h.kind <> 'village' then h.floor_no || lpad(h.room_on_floor::varchar, 2, '0') end as room_label
    from houses as h
    join buildings as b using (community_no, estate_no, estate_building)
    join estates as e using (estate_no)
    join communities as c on c.community_no = h.community_no
)
select * exclude (c_longitude, c_latitude),
    community_code || lpad(building_no::varchar, 5, '0') || lpad(unit_no::varchar, 2, '0')
        || lpad(floor_no::varchar, 3, '0') || lpad(room_on_floor::varchar, 3, '0') as house_code,
    'DZ' || lpad(((house_id * 387420489 + 11) % 10000000000)::varchar, 10, '0') as std_addr_id,
    community_code || lpad(grid_place::varchar, 3, '0') as grid_code,
    coalesce(road || door_plate, '') || coalesce(estate_name, '') as place,
    '安徽省淮南市' || county_name || town_name || community_label
        || coalesce(road || door_plate, '') || coalesce(estate_name, '')
        || building_label || coalesce(unit_label, '') || coalesce(room_label || '室', '') as address,
    round(c_longitude + (u('lon', building_no + community_no * 100000) - 0.5) * 0.012, 6) as longitude,
    round(c_latitude + (u('lat', building_no + community_no * 100000) - 0.5) * 0.010, 6) as latitude,
    round(case when kind = 'village' then 90 + 130 * u('area', house_id) else 45 + 95 * u('area', house_id) end, 1)
        as area_square_meters,
    u('rented', house_id) < case when is_urban then 0.16 else 0.04 end as is_rented,
    case when u('usage', house_id) < 0.95 then '01' when u('usage', house_id) < 0.98 then '02'
        when u('usage', house_id) < 0.99 then '03' else '09' end as usage_code
from joined;
