create or replace table base_{table} as
select person_no, slot, role, origin, presence, id_type_code, id_number, name, former_name, sex_code,
    birth_date, ethnicity_code, marital_code, education_code, phone, old_phone, relative_no, kin_no, hukou_household_no,
    hukou_house_id, hukou_county_code, relation_to_head_code, death_date, verified_local, household_no,
    case when presence in ('resident', 'dead') then family_house_id end as home_house_id, old_house_id,
    {county} as row_county_code
from persons
where {condition};
