create or replace table population_std_addr as
select row_no, std_addr_id, '安徽省' as province, '淮南市' as city, county_code, town_code, community_code, road,
    door_plate, estate_name as estate, building_label as building, unit_label as unit, floor_no::varchar as floor,
    room_label as room, address as full_address, house_code,
    case when grid_fault is not null then
        case when u('grid', row_no) < 0.5 then null else community_code || '000' end else grid_code end as grid_code,
    longitude, latitude,
    at_zone(timestamp '{today}' - interval (pick('address day', row_no, 900)) day
        + interval (28800 + pick('address hour', row_no, 32000)) second) as update_time,
    false as is_deleted
from faulty_std_addr;
