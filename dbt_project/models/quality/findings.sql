{#- Every fault that was found, wherever it was found. -#}
{%- set staged = [
    ("population", "hj_person", ref("stg_population__hj_persons")),
    ("population", "ld_person", ref("stg_population__ld_persons")),
    ("population", "house", ref("stg_population__houses")),
    ("population", "std_addr", ref("stg_population__std_addrs")),
    ("affairs", "case", ref("stg_affairs__cases")),
    ("affairs", "case_step", ref("stg_affairs__case_steps")),
    ("affairs", "visit", ref("stg_affairs__visits")),
    ("affairs", "rating", ref("stg_affairs__ratings")),
    ("affairs", "item_list", ref("stg_affairs__items")),
    ("safety_devices", "device", ref("stg_safety_devices__devices")),
    ("safety_devices", "alarm", ref("stg_safety_devices__alarms")),
    ("safety_devices", "pass_log", ref("stg_safety_devices__pass_logs")),
    ("safety_devices", "heartbeat", ref("stg_safety_devices__heartbeats")),
    ("safety_devices", "video_alarm", ref("stg_safety_devices__video_alarms")),
    ("safety_devices", "visitor_call", ref("stg_safety_devices__visitor_calls")),
    ("safety_devices", "patrol_point", ref("stg_safety_devices__patrol_points")),
    ("safety_devices", "patrol_sign", ref("stg_safety_devices__patrol_signs")),
] -%}
{%- set compared = [
    ref("resident_checks"), ref("house_checks"), ref("case_checks"), ref("stream_checks"), ref("person_checks")
] -%}
{%- set keys = ["source_system", "source_table", "source_record_id", "_batch_id", "_landed_at"] -%}
with

staged as (

    {% for system, table_name, relation in staged -%}
        {{ select_each(
            relation,
            [
                "'" ~ system ~ "' as source_system", "'" ~ table_name ~ "' as source_table",
                "_source_record_id as source_record_id", "_batch_id", "_landed_at",
            ],
            "_findings",
            "finding_text",
        ) }}
        {{ "union all" if not loop.last }}
    {% endfor %}

),

compared as (

    {% for relation in compared -%}
        {{ select_each(relation, keys, "_findings", "finding_text") }}
        {{ "union all" if not loop.last }}
    {% endfor %}

),

united as (

    select * from staged
    union all
    select * from compared

),

at_the_door as (

    select * from {{ source("quality", "door_findings") }}

),

quarantined as (

    select * from {{ source("quality", "quarantine") }}

),

findings as (

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
    union
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
    union
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

)

select * from findings
