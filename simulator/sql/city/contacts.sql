create or replace table persons as
with owning as (
    select *, (shape like 'three generations%' and u('one phone', household_no) < 0.06) as is_one_phone,
        role = 'head' or (age_years between 13 and 74 and u('own phone', person_no) < 0.97)
            or (age_years > 74 and u('own phone', person_no) < 0.6) or presence <> 'resident' as owns
    from persons
),
numbered as (
    select *, mobile(person_no) as own_phone, mobile(household_no * 16) as head_phone from owning
),
relatives as (
    select household_no, list_sort(list(person_no) filter (presence <> 'dead')) as kin,
        list_sort(list(person_no) filter (presence <> 'dead' and age_years >= 18)) as adults
    from numbered group by household_no
)
select n.* exclude (is_one_phone, owns, own_phone, head_phone),
    case when is_one_phone or not owns then head_phone else own_phone end as phone,
    mobile_of_rank((person_no * 1162261467 + 555) % 800000000) as old_phone,
    list_filter(r.adults, lambda x: x <> n.person_no)[1] as relative_no,
    list_filter(r.kin, lambda x: x <> n.person_no)[1] as kin_no,
    case when presence = 'dead' then (date '{today}' - interval (20 + pick('death', person_no, 680)) day)::date end
        as death_date,
    case when age_years < 22 then '10' when role in ('spouse', 'elder 1', 'elder 2') then '20'
        when shape = 'elderly single' and role = 'head' then '30'
        when role = 'head' and shape not in ('single', 'single parent', 'shared') then '20'
        when role = 'head' and shape = 'single parent' then '40'
        when age_years > 32 then '20' else '10' end as marital_code,
    case when age_years < 7 then '90' when age_years < 13 then '80' when age_years < 16 then '70'
        when u('school', person_no) < 0.05 then '10' when age_years > 60 then ['70', '80', '80', '60'][1 + pick('school', person_no, 4)]
        else ['20', '30', '40', '60', '70', '70'][1 + pick('school', person_no, 6)] end as education_code,
    case when u('ethnicity', household_no) < 0.98 then '01' else ['03', '03', '03', '11'][1 + pick('ethnicity', household_no, 4)]
        end as ethnicity_code,
    (date '{today}' - interval (1 + pick('verified', person_no, 700)) day)::timestamp
        + interval (8 * 3600 + pick('verified hour', person_no, 36000)) second as verified_local
from numbered as n join relatives as r using (household_no);
