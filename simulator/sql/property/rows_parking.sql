create or replace table rows_property_parking as
select house_id as row_no, true_estate_no, unit_id,
    case when u('space', house_id) < 0.5 then 'OWNED' when u('space', house_id) < 0.85 then 'RENTED' else 'PUBLIC' end as space_type_code
from property_unit where copy_no = 0 and u('parks', house_id) < 0.42;
