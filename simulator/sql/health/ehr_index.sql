insert into plan_health_ehr_index
select row_no, 'copy', 'ehr_no', 'person_duplicate' from rows_health_ehr_index where copy_no = 1;

create or replace table health_ehr_index as
with numbered as (
    select *, row_number() over (partition by given_community_code order by row_no) as place,
        'JK3404' || lpad((person_no * 2654435761 % 100000000)::varchar, 8, '0') as card_no,
        (date '{today}' - interval (case when copy_no = 1 then 10 + pick('again', row_no, 150)
            else least(200 + pick('established', row_no, 3600), date_diff('day', birth_date, date '{today}')) end) day)::date as established_on
    from housed_health_ehr_index
)
select row_no, person_no, copy_no, presence, given_house_id, age_years,
    given_community_code || lpad(place::varchar, 5, '0') as ehr_no,
    case when id_fault = 'health_card_as_id' then '990' else id_type_code end as id_type_code,
    case when id_fault = 'health_card_as_id' then card_no else {id_number} end as resident_id_number,
    case when id_fault in ('id_missing', 'health_card_as_id') or u('card', row_no) < 0.7 then card_no end as health_card_no,
    {name} as resident_name, {sex_code} as resident_sex_code, {birth_date} as resident_birth_date, {phone} as resident_phone,
    {address} as residence_address, given_community_code as community_code,
    case when copy_no = 1 then secondary_institution(given_community_code, row_no) else primary_institution(given_community_code) end
        as institution_code,
    key_group_code, established_on,
    greatest(established_on, (date '{today}' - interval (case when u('used', row_no) < 0.62 then pick('used on', row_no, 360)
        else 370 + pick('used on', row_no, 1500) end) day)::date) as last_used_on,
    case when presence = 'dead' and life_fault is null then '2' when presence <> 'dead' and u('moved away', row_no) < 0.01 then '3'
        else '1' end as status_code,
    changed_at(established_on + interval 9 hour, 'health record', row_no, timestamp '{today}') as updated_at,
    u('deleted record', row_no) < 0.002 as is_deleted
from numbered;
