{{ config(materialized="ephemeral") }}

{#- Findings from the address register about a resident's grid, and from other registers about
   whether a resident is alive. -#}
with

grids as (

    select distinct grid_code
    from {{ ref("int_houses_addressed") }}
    where grid_code is not null

),

registered as (

    select
        *,
        {{ sure_id_number() }} as sure_id_number
    from {{ ref("stg_population__hj_persons") }}

),

dead as (

    {{ registered_as_dead("registered") }}

),

residents as (

    select
        'hj_person' as source_table,
        registered._source_record_id,
        registered._batch_id,
        registered._landed_at,
        registered.grid_code,
        dead._source_record_id is not null and registered.status_code = '1' and not registered.is_deleted
            as is_dead_but_active
    from registered
    left join dead
        on registered._source_record_id = dead._source_record_id
    union all
    select
        'ld_person' as source_table,
        _source_record_id,
        _batch_id,
        _landed_at,
        grid_code,
        false as is_dead_but_active
    from {{ ref("stg_population__ld_persons") }}

)

select
    'population' as source_system,
    residents.source_table,
    residents._source_record_id as source_record_id,
    residents._batch_id,
    residents._landed_at,
    {{ array_of_texts([
        finding(
            is_grid_assigned("residents.grid_code") ~ " and grids.grid_code is null",
            "grid_code", "grid_stale", "repaired", "residents.grid_register"
        ),
        finding("residents.is_dead_but_active", "status_code", "dead_active", "flagged", "residents.deceased"),
    ]) }} as _findings
from residents
left join grids
    on residents.grid_code = grids.grid_code
