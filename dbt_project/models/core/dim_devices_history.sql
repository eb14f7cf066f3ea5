{%- set described = [
    "device_type_code",
    "name",
    "community_code",
    "grid_code",
    "house_code",
    "longitude",
    "latitude",
    "installed_at",
    "heartbeat_interval_minutes",
    "status_code",
] -%}
with

registrations as (

    select
        *,
        {{ row_digest(described) }} as digest
    from {{ ref("stg_safety_devices__devices") }}

),

compared as (

    select
        *,
        lag(digest) over (partition by device_id order by occurred_at, message_id, message_key) as digest_before
    from registrations

),

changes as (

    select
        *,
        row_number() over (partition by device_id order by occurred_at, message_id, message_key) as version_number,
        lead(occurred_at) over (partition by device_id order by occurred_at, message_id, message_key) as valid_to,
        lead(gateway_time) over (partition by device_id order by occurred_at, message_id, message_key) as known_to
    from compared
    where digest_before is null or digest <> digest_before

),

final as (

    select
        device_id,
        device_type_code,
        name as device_name,
        community_code,
        grid_code,
        house_code,
        longitude,
        latitude,
        installed_at,
        heartbeat_interval_minutes,
        status_code,
        version_number,
        occurred_at as valid_from,
        valid_to,
        valid_to is null as is_current,
        gateway_time as known_from,
        known_to
    from changes

)

select * from final
