create or replace macro building_number(row_no) as 'LD' || lpad(((row_no * 387420489 + 5) % 1000000000000)::varchar, 12, '0');

create or replace table property_building as
select row_no, estate_no as true_estate_no, estate_building, kind, building_number(row_no) as building_id, estate_number(estate_no) as estate_no,
    case name_fault when 'house_building_variant' then
            case pick('building', row_no, 4) when 0 then (estate_building + 1) || '#' when 1 then numeral(estate_building + 1) || '栋'
                when 2 then (estate_building + 1) || '幢' else (estate_building + 1) || '座' end
        when 'self_built_repeat' then (1 + pick('repeat', row_no, estate_building)) || '号楼'
        else (estate_building + 1) || '号楼' end as building_name,
    building_code, case when community_fault is not null then other_community_code else community_code end as community_code,
    units_count, floors_count, households_count, longitude, latitude,
    changed_at(timestamp '2020-01-01', 'building', row_no, timestamp '{today}') as updated_at, u('deleted building', row_no) < 0.002 as is_deleted
from faulty_property_building;
