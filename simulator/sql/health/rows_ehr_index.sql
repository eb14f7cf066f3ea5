create or replace table base_health_ehr_index as
with residents as (
    select person_no, relative_no, presence, age_years, sex_code as person_sex, 0 as copy_no from persons
    where presence = 'resident' and u('health record', person_no) < 0.86
        or presence = 'dead' and origin = 'local' and u('health record', person_no) < 0.5
),
twice as (
    select * replace (1 as copy_no) from residents where presence = 'resident'
    order by u('second record', person_no), person_no
    limit (select ceil(count(*) * {copies})::bigint from residents)
)
select person_no * 2 + copy_no as row_no, person_no, relative_no, presence, copy_no, age_years,
    case when age_years < 7 then 'CHILD' when age_years >= 65 then 'ELDERLY'
        when person_sex = '2' and age_years between 20 and 40 and u('pregnant', person_no) < 0.04 then 'PREGNANT'
        when age_years >= 40 and u('chronic', person_no) < 0.18 then 'HYPERTENSION'
        when age_years >= 40 and u('chronic', person_no) < 0.26 then 'DIABETES' else 'GENERAL' end as key_group_code
from (select * from residents union all select * from twice);
