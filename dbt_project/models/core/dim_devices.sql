with

registrations as (

    select * from {{ ref("stg_safety_devices__devices") }}

),

houses as (

    select * from {{ ref("dim_houses") }}

),

newest as (

    select
        *,
        row_number() over (
            partition by device_id order by occurred_at desc, message_id desc, message_key
        ) as version_rank,
        count(*) over (partition by device_id) as registration_count,
        min(occurred_at) over (partition by device_id) as first_registered_at
    from registrations

),

final as (

    select
        newest.device_id,
        newest.device_type_code,
        newest.name as device_name,
        newest.community_code,
        newest.grid_code,
        newest.house_code,
        houses.house_id,
        newest.longitude,
        newest.latitude,
        newest.installed_at,
        newest.heartbeat_interval_minutes,
        newest.status_code,
        newest.first_registered_at,
        newest.occurred_at as last_registered_at,
        newest.registration_count
    from newest
    left join houses
        on newest.house_code = houses.house_code
    where newest.version_rank = 1

)

select * from final
