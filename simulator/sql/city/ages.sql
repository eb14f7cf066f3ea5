create or replace table persons as
with dated as (
    select *, case when role = 'head' then head_age
        when role = 'spouse' then greatest(20, head_age + round((u('age', person_no) - 0.6) * 9))
        when role in ('child 1', 'twin') then head_age - 22 - pick('age', household_no, 10)
        when role = 'child 2' then head_age - 25 - pick('age', household_no, 10) - pick('age 2', household_no, 4)
        when role = 'child 3' then head_age - 30 - pick('age', household_no, 8) - pick('age 3', household_no, 5)
        when role in ('elder 1', 'late parent') then head_age + 22 + pick('elder', household_no, 9)
        when role = 'elder 2' then head_age + 20 + pick('elder', household_no, 9) + pick('elder 2', household_no, 5)
        when role = 'grandchild 1' then head_age - 47 - pick('age', household_no, 8)
        when role = 'grandchild 2' then head_age - 50 - pick('age', household_no, 8)
        when role in ('away', 'left') then greatest(18, least(head_age - 23 - pick('away', person_no, 8), 50))
        when role = 'late spouse' then head_age + pick('late', person_no, 6)
        else head_age + pick('mate', person_no, 9) - 4 end as raw_age
    from persons
),
kept as (
    select *, least(greatest(raw_age, pick('infant', household_no, 4)), 103)::int as age_years,
        case when role in ('child 1', 'twin') then household_no * 16 else person_no end as birth_key
    from dated
    where role not in ('child 2', 'child 3', 'grandchild 2') or raw_age >= 0
),
sexed as (
    select *,
        case when role = 'head' then head_sex
            when role in ('spouse', 'late spouse') then case when head_sex = '1' then '2' else '1' end
            when role = 'elder 1' then '2'
            when role = 'elder 2' then '1'
            when u('sex', person_no) < case when role like '%child%' or role = 'twin' then 0.53 else 0.5 end then '1'
            else '2' end as sex_code,
        (date '{today}' - interval (age_years) year - interval (pick('birthday', birth_key, 365)) day)::date
            as birth_date
    from kept
)
select *, case when birth_date < date '1962-01-01' then '1' when birth_date < date '1996-01-01' then '2'
    else '3' end as era
from sexed;
