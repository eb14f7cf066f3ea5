create or replace table property_parking as
with plated as (
    -- Real plates have no letter O, so these belong to nobody.
    select *, case when space_type_code <> 'PUBLIC' then '皖DO' || lpad(((row_no * 48271 + 7) % 100000)::varchar, 5, '0') end as plate
    from faulty_property_parking
)
select row_no, 'CW' || lpad(((row_no * 387420489 + 13) % 1000000000000)::varchar, 12, '0') as space_no, estate_number(true_estate_no) as estate_no,
    case when space_type_code <> 'PUBLIC' then unit_id end as unit_id, space_type_code,
    case when plate_fault is null then plate else case pick('plate', row_no, 4) when 0 then lower(plate)
        when 1 then substr(plate, 1, 2) || '·' || substr(plate, 3) when 2 then substr(plate, 1, 2) || ' ' || substr(plate, 3)
        else full_width(plate) end end as plate_no,
    u('charger', row_no) < 0.08 as is_charging,
    changed_at(timestamp '2020-01-01', 'space', row_no, timestamp '{today}') as updated_at, u('deleted space', row_no) < 0.002 as is_deleted
from plated;
