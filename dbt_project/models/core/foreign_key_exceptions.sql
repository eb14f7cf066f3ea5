{#- Breaks in the chain grid ← building ← house ← household ← person ← event: the reason, and who can
   correct it. -#}
with

buildings as (

    select * from {{ ref("dim_buildings") }}

),

houses as (

    select * from {{ ref("dim_houses") }}

),

persons as (

    select * from {{ ref("dim_persons") }}

),

residences as (

    select * from {{ ref("person_residences") }}
    where residence_rank = 1

),

events as (

    select * from {{ ref("fct_events") }}

),

exceptions as (

    select
        'dim_buildings' as entity,
        'grid_code' as foreign_key,
        'NO_HOUSE_IN_A_GRID' as reason_code,
        'political_legal' as owner_code
    from buildings
    where grid_code is null
    union all
    select
        'dim_houses' as entity,
        'building_id' as foreign_key,
        case
            when {{ building_code_of_house("house_code") }} is null then 'CODE_MALFORMED'
            else 'CODE_OF_ANOTHER_COMMUNITY'
        end as reason_code,
        'public_security' as owner_code
    from houses
    where building_id is null
    union all
    select
        'dim_houses' as entity,
        'grid_code' as foreign_key,
        case when building_id is null then 'NO_BUILDING' else 'BUILDING_WITHOUT_GRID' end as reason_code,
        'political_legal' as owner_code
    from houses
    where grid_code is null
    union all
    select
        'dim_persons' as entity,
        'household_id' as foreign_key,
        case
            when persons.is_deceased then 'DECEASED'
            when residences.person_id is null then 'NOT_REGISTERED'
            when residences.is_current then 'HOUSE_UNKNOWN'
            else coalesce(residences.end_reason_code, 'SUPERSEDED')
        end as reason_code,
        case when residences.person_id is null then 'data_bureau' else 'public_security' end as owner_code
    from persons
    left join residences
        on persons.person_id = residences.person_id
    where persons.household_id is null
    union all
    select
        'fct_events' as entity,
        'grid_code' as foreign_key,
        case when community_code is null then 'NO_PLACE' else 'GRID_MISSING_OR_STALE' end as reason_code,
        case when first_source_code = 'SENSOR' then 'public_security' else 'political_legal' end as owner_code
    from events
    where grid_code is null
    union all
    select
        'fct_events' as entity,
        'house_id' as foreign_key,
        case when device_id is null then 'NO_HOUSE_NAMED' else 'DEVICE_IN_NO_HOUSE' end as reason_code,
        case when first_source_code = 'SENSOR' then 'public_security' else 'political_legal' end as owner_code
    from events
    where house_id is null

)

select
    entity,
    foreign_key,
    reason_code,
    owner_code,
    count(*) as record_count
from exceptions
group by entity, foreign_key, reason_code, owner_code
