{{ config(unique_key="message_key") }}

with

messages as (

    {{ distinct_messages(
        "safety_devices",
        "video_alarm",
        [
            "reference_id", "kind_code", "confidence", "alarm_id",
        ],
    ) }}

),

timed as (

    {{ with_clock_offsets("messages") }}

),

repaired as (

    select
        {{ message_columns() }},
        reference_id,
        kind_code,
        confidence,
        alarm_id,
        {{ message_findings() }} as _findings
    from timed

)

select * from repaired
