{{ config(unique_key="message_key") }}

with

messages as (

    {{ distinct_messages(
        "safety_devices",
        "visitor_call",
        [
            "call_id", "house_code", "outcome_code", "is_opened", "ring_seconds", "talk_seconds",
        ],
    ) }}

),

timed as (

    {{ with_clock_offsets("messages") }}

),

repaired as (

    select
        {{ message_columns() }},
        call_id,
        house_code,
        outcome_code,
        is_opened,
        ring_seconds,
        talk_seconds,
        {{ message_findings() }} as _findings
    from timed

)

select * from repaired
