{{ config(unique_key="message_key") }}

with

messages as (

    {{ distinct_messages(
        "safety_devices",
        "device",
        [
            "device_type_code", "name", "community_code", "grid_code", "house_code", "longitude",
            "latitude", "installed_at", "heartbeat_interval_minutes", "status_code",
        ],
    ) }}

),

timed as (

    {{ with_clock_offsets("messages") }}

),

repaired as (

    select
        {{ message_columns() }},
        device_type_code,
        name,
        community_code,
        grid_code,
        house_code,
        longitude,
        latitude,
        installed_at,
        heartbeat_interval_minutes,
        status_code,
        {{ message_findings() }} as _findings
    from timed

)

select * from repaired
