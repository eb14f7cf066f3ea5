{{ config(unique_key="message_key") }}

with

messages as (

    {{ distinct_messages(
        "safety_devices",
        "heartbeat",
        [
            "battery_percent", "signal_dbm", "temperature_celsius",
        ],
        ["temperature_celsius"],
    ) }}

),

timed as (

    {{ with_clock_offsets("messages") }}

),

repaired as (

    select
        {{ message_columns() }},
        battery_percent,
        signal_dbm,
        case
            when {{ is_tenfold("temperature_celsius") }} then temperature_celsius / 10 else temperature_celsius
        end as temperature_celsius,
        temperature_celsius as recorded_temperature_celsius,
        {{ message_findings([
            finding(is_tenfold("temperature_celsius"), "temperature_celsius", "value_times_ten", "repaired"),
        ]) }} as _findings
    from timed

)

select * from repaired
