{{ config(unique_key="message_key") }}

with

messages as (

    {{ distinct_messages(
        "safety_devices",
        "patrol_sign",
        [
            "sign_id", "point_code", "guard_token", "result_code",
        ],
    ) }}

),

timed as (

    {{ with_clock_offsets("messages") }}

),

repaired as (

    select
        {{ message_columns() }},
        sign_id,
        point_code,
        guard_token,
        result_code,
        {{ message_findings() }} as _findings
    from timed

)

select * from repaired
