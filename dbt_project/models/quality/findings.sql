{#- Every finding, from all of its sources.

    Its test against the list of findings runs only where the list is among what this model depends on. -#}
-- depends_on: {{ ref("finding_types") }}
with

united as (

    select * from {{ ref("row_findings") }}

),

at_the_door as (

    select * from {{ source("quality", "door_findings") }}

),

quarantined as (

    select * from {{ source("quality", "quarantine") }}

),

gathered as (

    select
        source_system,
        source_table,
        source_record_id,
        split_part(finding_text, '|', 1) as column_name,
        split_part(finding_text, '|', 2) as finding,
        split_part(finding_text, '|', 3) as action,
        split_part(finding_text, '|', 4) as rule_code,
        _batch_id as batch_id,
        _landed_at as found_at
    from united
    union all
    select
        source_system,
        source_table,
        source_record_id,
        column_name,
        finding,
        action,
        rule_code,
        batch_id,
        found_at
    from at_the_door
    union all
    select
        system as source_system,
        table_name as source_table,
        source_record_id,
        column_name,
        finding,
        'quarantined' as action,
        rule_code,
        batch_id,
        quarantined_at as found_at
    from quarantined
    where status <> 'released'

),

findings as (

    select distinct * from gathered

)

select * from findings
