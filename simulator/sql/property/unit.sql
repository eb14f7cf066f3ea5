insert into plan_property_unit
select row_no, 'copy', 'unit_id', 'person_duplicate' from rows_property_unit where copy_no = 1;

create or replace table property_unit as
select row_no, copy_no, house_id, true_estate_no, given_house_id, person_no,
    'FC' || lpad(((row_no * 387420489 + 7) % 1000000000000)::varchar, 12, '0') as unit_id, estate_number(true_estate_no) as estate_no,
    building_number(true_estate_no::bigint * 1000 + estate_building) as building_id,
    case unit_fault when 'house_unit_missing' then null
        when 'house_unit_variant' then case pick('unit', row_no, 3) when 0 then numeral(unit_no) || '单元' when 1 then unit_no || '-'
            else substr('东西南北中', 1 + (unit_no - 1) % 5, 1) || '单元' end
        else unit_no || '单元' end as unit_no,
    floor_no,
    case when room_fault is null then room_label else case pick('room', row_no, 3) when 0 then '0' || room_label
        when 1 then spelled_digits(room_label) else floor_no || '-' || room_on_floor end end as room_no,
    house_code, area_square_meters, {name} as owner_name, {id_number} as owner_id_number, {phone} as owner_phone, {address} as owner_address,
    case occupancy_fault when 'vacancy_unknown' then 'UNKNOWN' when 'rented_without_record' then 'OWNER' else occupancy_code end as occupancy_code,
    (date '{today}' - interval (case when copy_no = 1 then 5 + pick('handed over', row_no, 200) else 300 + pick('registered', row_no, 4000) end) day)::date
        as registered_on,
    changed_at(timestamp '2020-01-01', 'unit', row_no, timestamp '{today}') as updated_at, u('deleted unit', row_no) < 0.002 as is_deleted
from housed_property_unit;
