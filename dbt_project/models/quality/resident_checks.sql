{{ config(materialized="ephemeral") }}

{#- What the address register says about a resident's grid. -#}
with

grids as (

    select distinct grid_code
    from {{ ref("int_houses_addressed") }}
    where grid_code is not null

),

residents as (

    select 'hj_person' as source_table, _source_record_id, _batch_id, _landed_at, grid_code
    from {{ ref("stg_population__hj_persons") }}
    union all
    select 'ld_person' as source_table, _source_record_id, _batch_id, _landed_at, grid_code
    from {{ ref("stg_population__ld_persons") }}

)

select
    'population' as source_system,
    residents.source_table,
    residents._source_record_id as source_record_id,
    residents._batch_id,
    residents._landed_at,
    {{ array_of_texts([finding("true", "grid_code", "grid_stale", "repaired", "residents.grid_register")]) }}
        as _findings
from residents
left join grids
    on residents.grid_code = grids.grid_code
where grids.grid_code is null and {{ is_grid_assigned("residents.grid_code") }}
