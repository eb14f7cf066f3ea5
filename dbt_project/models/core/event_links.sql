with

reports as (

    select * from {{ ref("fct_event_reports") }}

),

alarms as (

    select * from {{ ref("fct_alarms") }}

),

messages as (

    select * from {{ ref("stg_safety_devices__alarms") }}

),

links as (

    select
        source_system,
        source_table,
        source_record_id,
        event_id,
        match_rule
    from reports
    where source_table <> 'alarm'
    union
    select
        'safety_devices' as source_system,
        'alarm' as source_table,
        messages._source_record_id as source_record_id,
        reports.event_id,
        reports.match_rule
    from messages
    inner join alarms
        on messages.device_id = alarms.device_id and messages.alarm_id = alarms.alarm_id
    inner join reports
        on reports.source_table = 'alarm' and alarms.incident_id = reports.source_record_id

)

select * from links
