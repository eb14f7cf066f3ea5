with

kinds as (

    select * from {{ ref("special_population_kinds") }}

),

assignments as (

    select * from {{ source("identity", "person_assignments") }}

),

stated as (

    select
        'civil_affairs' as source_system,
        'benefit' as source_table,
        _source_record_id as source_record_id,
        benefit_type_code as source_kind_code,
        period as stated_on
    from {{ ref("stg_civil_affairs__benefits") }}
    where not is_deleted
    union all
    select
        'elder_care' as source_system,
        'elder' as source_table,
        _source_record_id as source_record_id,
        ability_level_code as source_kind_code,
        {{ local_date("updated_at") }} as stated_on
    from {{ ref("stg_elder_care__elders") }}
    where not is_deleted

),

-- The latest record of a person and kind is the one to refer to.
named as (

    select
        assignments.person_id,
        assignments.record_key,
        kinds.population_kind_code,
        kinds.population_kind_name,
        stated.source_system,
        stated.source_table,
        stated.stated_on,
        row_number() over (
            partition by assignments.person_id, kinds.population_kind_code
            order by stated.stated_on desc nulls last, assignments.record_key
        ) as record_rank
    from stated
    inner join kinds
        on
            stated.source_system = kinds.source_system
            and stated.source_table = kinds.source_table
            and stated.source_kind_code = kinds.source_kind_code
    inner join assignments
        on
            stated.source_system = assignments.source_system
            and stated.source_table = assignments.source_table
            and stated.source_record_id = assignments.source_record_id

)

select
    person_id,
    population_kind_code,
    population_kind_name,
    min(stated_on) as first_stated_on,
    max(stated_on) as last_stated_on,
    count(*) as record_count,
    min(case when record_rank = 1 then source_system end) as source_system,
    min(case when record_rank = 1 then source_table end) as source_table,
    min(case when record_rank = 1 then record_key end) as record_key
from named
group by person_id, population_kind_code, population_kind_name
