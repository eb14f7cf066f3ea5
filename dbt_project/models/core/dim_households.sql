with

residents as (

    select * from {{ ref("person_residences") }}
    where is_current and household_id is not null

),

persons as (

    select * from {{ ref("dim_persons") }}

),

-- The registered head if living here, else the eldest member.
members as (

    select
        residents.*,
        persons.age_years,
        row_number() over (
            partition by residents.household_id
            order by
                case when residents.relation_to_head_code = '01' then 0 else 1 end,
                persons.birth_date nulls last, residents.person_id
        ) as head_rank
    from residents
    inner join persons
        on residents.person_id = persons.person_id

)

select
    household_id,
    house_id,
    house_code,
    min(community_code) as community_code,
    min(grid_code) as grid_code,
    min(case when head_rank = 1 then person_id end) as head_person_id,
    count(*) as member_count,
    count(distinct hukou_no) as hukou_count,
    sum(case when source_table = 'ld_person' then 1 else 0 end) as floating_member_count,
    sum(case when age_years >= 60 then 1 else 0 end) as elderly_member_count,
    count(*) = 1 as is_single_person,
    min(valid_from) as valid_from
from members
group by household_id, house_id, house_code
