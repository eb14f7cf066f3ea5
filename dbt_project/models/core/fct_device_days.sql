with

heartbeats as (

    select * from {{ ref("fct_device_heartbeat_days") }}

),

devices as (

    select * from {{ ref("dim_devices") }}

),

registrations as (

    select * from {{ ref("stg_safety_devices__devices") }}

),

-- Observation begins with the first heartbeat of any device.
observed as (

    select min(date_day) as first_date
    from heartbeats

),

days as (

    select
        dates.date_day,
        {{ local_midnight("dates.date_day") }} as day_start,
        {{ local_midnight(add_days("dates.date_day", 1)) }} as day_end
    from {{ ref("dim_dates") }} as dates
    inner join observed
        on dates.date_day >= observed.first_date
    where dates.date_day <= {{ as_of_date() }}

),

-- A device keeps its status from one registration to the next; the first one applies since
-- installation.
spells as (

    select
        device_id,
        status_code,
        case
            when lag(occurred_at) over registered is null then coalesce(installed_at, occurred_at)
            else occurred_at
        end as from_at,
        lead(occurred_at) over registered as to_at
    from registrations
    window registered as (partition by device_id order by occurred_at, message_id, message_key)

),

expected as (

    select
        spells.device_id,
        days.date_day,
        -- Decimals: the sum of floating-point minutes would depend on the order in which threads
        -- add them.
        cast(sum(
            cast(
                {{ seconds_between(
                    "greatest(spells.from_at, days.day_start)",
                    "least(coalesce(spells.to_at, days.day_end), days.day_end)",
                ) }} / 60 as decimal(10, 2)
            )
        ) as decimal(10, 2)) as expected_minutes
    from spells
    inner join days
        on
            spells.from_at < days.day_end
            and coalesce(spells.to_at, days.day_end) > days.day_start
    where spells.status_code = 'ACTIVE'
    group by spells.device_id, days.date_day

),

final as (

    select
        expected.device_id,
        expected.date_day,
        devices.device_type_code,
        devices.community_code,
        devices.grid_code,
        devices.heartbeat_interval_minutes is not null as is_measurable,
        coalesce(heartbeats.heartbeat_count, 0) as heartbeat_count,
        cast(
            case when devices.heartbeat_interval_minutes is not null then expected.expected_minutes else 0 end
            as decimal(10, 2)
        ) as expected_minutes,
        cast(
            least(
                coalesce(heartbeats.heartbeat_count, 0) * coalesce(devices.heartbeat_interval_minutes, 0),
                expected.expected_minutes
            ) as decimal(10, 2)
        ) as online_minutes,
        heartbeats.first_heartbeat_at,
        heartbeats.last_heartbeat_at
    from expected
    inner join devices
        on expected.device_id = devices.device_id
    left join heartbeats
        on expected.device_id = heartbeats.device_id and expected.date_day = heartbeats.date_day

)

select * from final
