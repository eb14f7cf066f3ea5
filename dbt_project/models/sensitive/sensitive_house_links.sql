{#- The links of core for the records that core does not list; both use the same homes of persons. -#}
with

withheld as (

    select * from {{ ref("person_sources") }}
    where not gives_values

),

named as (

    select named.*
    from {{ ref("int_houses_named") }} as named
    inner join withheld
        on named.source_system = withheld.source_system and named.source_table = withheld.source_table

),

listed as (

    select * from {{ ref("house_links") }}
    where match_rule not in ('PERSON', 'OBJECT')

),

houses as (

    select
        dim_houses.house_id,
        dim_houses.house_code,
        dim_houses.building_code,
        addressed.place_id
    from {{ ref("dim_houses") }} as dim_houses
    left join {{ ref("int_houses_addressed") }} as addressed
        on dim_houses.house_code = addressed.house_code

),

assignments as (

    select * from {{ source("identity", "person_assignments") }}

),

told as (

    {{ told_houses("named", "houses") }}

),

by_record as (

    {{ houses_by_record("told") }}

),

every_record as (

    select
        source_system,
        source_table,
        source_record_id,
        house_id,
        cast(null as {{ text_type() }}) as object_key
    from listed
    union all
    select
        source_system,
        source_table,
        source_record_id,
        house_id,
        object_key
    from by_record

),

unplaced as (

    {{ unplaced_records("told", "assignments") }}

),

homes as (

    {{ homes_of_holders("every_record", "houses", "assignments", "unplaced") }}

),

by_holder as (

    {{ houses_by_holder("unplaced", "homes") }}

),

links as (

    select * from by_record
    union all
    select * from by_holder

)

select
    links.source_system,
    links.source_table,
    links.source_record_id,
    links.house_id,
    links.match_rule,
    'ROOM' as match_level,
    links.match_score,
    withheld.withheld_reason_code
from links
inner join withheld
    on links.source_system = withheld.source_system and links.source_table = withheld.source_table
