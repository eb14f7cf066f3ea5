{{ config(meta={"computed_once": ["told", "unplaced"]}) }}

with

named as (

    select * from {{ ref("int_houses_named") }}

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

withheld as (

    select * from {{ ref("person_sources") }}
    where not gives_values

),

told as (

    {{ told_houses("named", "houses") }}

),

by_record as (

    {{ houses_by_record("told") }}

),

unplaced as (

    {{ unplaced_records("told", "assignments") }}

),

homes as (

    {{ homes_of_persons("by_record", "houses", "assignments", "unplaced") }}

),

by_person as (

    {{ houses_by_person("unplaced", "homes") }}

),

links as (

    select * from by_record
    union all
    select * from by_person

)

-- That a house has a record of health, relief or the party is itself not for everybody: such records say where a
-- person has a house, and are listed in the schema `sensitive`.
select
    links.source_system,
    links.source_table,
    links.source_record_id,
    links.house_id,
    links.match_rule,
    'ROOM' as match_level,
    links.match_score
from links
left join withheld
    on
        links.source_system = withheld.source_system
        and links.source_table = withheld.source_table
where withheld.source_table is null
