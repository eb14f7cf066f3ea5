{{ config(unique_key="message_key") }}

with

messages as (

    {{ distinct_messages(
        "safety_devices",
        "alarm",
        [
            "alarm_id", "stage_code", "verdict_code", "kind_code", "level_code", "reading",
        ],
        ["reading"],
    ) }}

),

timed as (

    {{ with_clock_offsets("messages") }}

),

repaired as (

    select
        {{ message_columns() }},
        alarm_id,
        stage_code,
        verdict_code,
        kind_code,
        level_code,
        case when {{ is_tenfold("reading") }} then reading / 10 else reading end as reading,
        reading as recorded_reading,
        {{ message_findings([
            finding(is_tenfold("reading"), "reading", "value_times_ten", "repaired"),
            finding("stage_code = 'CLOSED' and verdict_code = 'FALSE'", "verdict_code", "false_alarm", "flagged"),
        ]) }} as _findings
    from timed

)

select * from repaired
