{{ config(unique_key="message_key") }}

with

messages as (

    {{ distinct_messages(
        "safety_devices",
        "patrol_point",
        [
            "point_code", "name", "community_code", "grid_code", "longitude", "latitude", "visits_per_day",
        ],
    ) }}

),

timed as (

    {{ with_clock_offsets("messages") }}

),

repaired as (

    select
        {{ message_columns() }},
        point_code,
        name,
        community_code,
        grid_code,
        longitude,
        latitude,
        visits_per_day,
        {{ message_findings() }} as _findings
    from timed

)

select * from repaired
