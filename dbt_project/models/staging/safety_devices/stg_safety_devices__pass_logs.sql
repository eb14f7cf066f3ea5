{{ config(unique_key="message_key") }}

with

messages as (

    {{ distinct_messages(
        "safety_devices",
        "pass_log",
        [
            "direction_code", "credential_type_code", "credential_token", "is_granted",
        ],
    ) }}

),

timed as (

    {{ with_clock_offsets("messages") }}

),

repaired as (

    select
        {{ message_columns() }},
        direction_code,
        credential_type_code,
        credential_token,
        is_granted,
        {{ message_findings() }} as _findings
    from timed

)

select * from repaired
