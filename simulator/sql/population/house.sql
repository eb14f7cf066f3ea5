create or replace table population_house as
with written as (
    select *,
        case building_fault when 'house_building_variant' then
                case pick('building', row_no, 4) when 0 then (estate_building + 1) || '#'
                    when 1 then numeral(estate_building + 1) || '栋' when 2 then (estate_building + 1) || '幢'
                    else (estate_building + 1) || '座' end
            when 'self_built_repeat' then (1 + pick('repeat', row_no, building_no - 1)) || '号'
            else building_label end as building_text,
        case unit_fault when 'house_unit_missing' then null
            when 'house_unit_variant' then case pick('unit', row_no, 3) when 0 then numeral(unit_no) || '单元'
                when 1 then unit_no || '-'
                else substr('东西南北中', 1 + (unit_no - 1) % 5, 1) || '单元' end
            else unit_label end as unit_text,
        case room_fault when 'house_room_variant' then case pick('room', row_no, 3) when 0 then '0' || room_label
                when 1 then spelled_digits(room_label) else floor_no || '-' || room_on_floor end
            else room_label end as room_text,
        '安徽省淮南市' || county_name || town_name || community_label as lead
    from faulty_house
)
select row_no, house_code, std_addr_id,
    lead || case address_fault when 'estate_alias' then road || door_plate || estate_alias
            when 'road_instead_of_estate' then road || door_plate
            else coalesce(road || door_plate, '') || coalesce(estate_name, '') end
        || coalesce(building_text, '') || coalesce(unit_text, '')
        || coalesce(case when room_fault is null then room_text || '室' else room_text end, '') as address,
    case when community_fault is not null then neighbour_code else community_code end as community_code,
    {grid_code} as grid_code, building_text as building_no, unit_text as unit_no, room_text as room_no,
    usage_code, area_square_meters, {id_number} as owner_id_number, {name} as owner_name, {phone} as owner_phone,
    case when rent_fault is not null then false else is_rented end as is_rented, longitude, latitude,
    case when status_fault is not null then '2' else '1' end as status_code,
    at_zone(timestamp '{today}' - interval (pick('house day', row_no, 700)) day
        + interval (28800 + pick('house hour', row_no, 32000)) second) as update_time,
    false as is_deleted
from written;
