insert into plan_elder_care_elder
select row_no, 'copy', 'elder_no', 'person_duplicate' from rows_elder_care_elder where copy_no = 1;

create or replace table elder_care_elder as
with judged as (
    select *, presence = 'dead' and life_fault is null as is_known_dead,
        (date '{today}' - interval (case when copy_no = 1 then 5 + pick('again', row_no, 85)
            else 100 + pick('registered', row_no, 1500) end) day)::date as registered_on
    from housed_elder_care_elder
)
select row_no, person_no, copy_no, given_house_id, presence, living_situation_code,
    'LN' || lpad(((row_no * 387420489 + 41) % 10000000000)::varchar, 10, '0') as elder_no,
    {name} as elder_name, {id_number} as elder_id_number, {sex_code} as elder_sex_code, {birth_date} as elder_birth_date,
    case phone_fault when 'phone_of_child' then guardian_phone else {phone} end as elder_phone,
    guardian_name, guardian_phone, {address} as living_address, given_community_code as community_code,
    case when age_years < 75 then ['0', '0', '0', '0', '0', '1', '2'][1 + pick('ability', person_no, 7)]
        else ['0', '0', '0', '1', '1', '2', '3', '4'][1 + pick('ability', person_no, 8)] end as ability_level_code,
    not is_known_dead and (living_situation_code <> 'WITH_FAMILY' or age_years >= 80) as is_on_visit_list,
    registered_on, case when is_known_dead then death_date end as deceased_on,
    case when is_known_dead then '3' when presence <> 'dead' and u('struck off', row_no) < 0.01 then '2' else '1' end as status_code,
    changed_at(registered_on + interval 9 hour, 'elder', row_no, timestamp '{today}') as updated_at,
    presence <> 'dead' and u('deleted', row_no) < 0.004 as is_deleted
from judged;
