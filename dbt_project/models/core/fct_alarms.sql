with

messages as (

    select
        *,
        row_number() over (
            partition by device_id, alarm_id order by occurred_at, message_id, message_key
        ) as message_rank
    from {{ ref("stg_safety_devices__alarms") }}

),

devices as (

    select * from {{ ref("dim_devices") }}

),

alarms as (

    select
        device_id,
        alarm_id,
        min(case when stage_code = 'RAISED' then occurred_at end) as raised_at,
        min(case when stage_code = 'ACKNOWLEDGED' then occurred_at end) as acknowledged_at,
        max(case when stage_code = 'CLOSED' then occurred_at end) as closed_at,
        min(occurred_at) as first_message_at,
        {{ latest_by("verdict_code", "message_rank") }} as verdict_code,
        {{ latest_by("kind_code", "message_rank") }} as kind_code,
        {{ latest_by("level_code", "message_rank") }} as level_code,
        {{ latest_by("reading", "message_rank") }} as reading
    from messages
    group by device_id, alarm_id

),

situated as (

    select
        alarms.*,
        coalesce(alarms.raised_at, alarms.first_message_at) as occurred_at,
        devices.device_type_code,
        devices.community_code,
        devices.grid_code,
        devices.house_id,
        devices.longitude,
        devices.latitude
    from alarms
    left join devices
        on alarms.device_id = devices.device_id

),

-- A storm: alarms of one device and kind in close succession are one incident.
spaced as (

    select
        *,
        coalesce(
            {{ seconds_between(
                "lag(occurred_at) over (partition by device_id, kind_code order by occurred_at, alarm_id)",
                "occurred_at",
            ) }} <= 60 * {{ var("alarm_storm_gap_minutes") }},
            false
        ) as continues_storm
    from situated

),

numbered as (

    select
        *,
        sum(case when continues_storm then 0 else 1 end) over (
            partition by device_id, kind_code
            order by occurred_at, alarm_id
            rows between unbounded preceding and current row
        ) as storm_number
    from spaced

),

incidents as (

    select
        *,
        first_value(alarm_id) over (
            partition by device_id, kind_code, storm_number order by occurred_at, alarm_id
            rows between unbounded preceding and unbounded following
        ) as first_alarm_id,
        min(occurred_at) over (partition by device_id, kind_code, storm_number) as incident_at,
        min(acknowledged_at) over (partition by device_id, kind_code, storm_number) as incident_acknowledged_at,
        max(closed_at) over (partition by device_id, kind_code, storm_number) as incident_closed_at,
        max(case verdict_code when 'CONFIRMED' then 2 when 'FALSE' then 1 else 0 end)
            over (partition by device_id, kind_code, storm_number) as incident_verdict_rank,
        count(*) over (partition by device_id, kind_code, storm_number) as incident_alarm_count
    from numbered

),

final as (

    select
        {{ surrogate_id("A", "device_id || '|' || alarm_id") }} as alarm_key,
        alarm_id,
        {{ surrogate_id("I", "device_id || '|' || first_alarm_id") }} as incident_id,
        alarm_id = first_alarm_id as is_first_of_incident,
        incident_alarm_count,
        device_id,
        device_type_code,
        community_code,
        grid_code,
        house_id,
        longitude,
        latitude,
        kind_code,
        level_code,
        reading,
        verdict_code,
        occurred_at as raised_at,
        acknowledged_at,
        closed_at,
        {{ seconds_between("occurred_at", "acknowledged_at") }} / 60 as acknowledge_minutes,
        {{ seconds_between("occurred_at", "closed_at") }} / 60 as close_minutes,
        incident_at,
        {{ local_date("incident_at") }} as incident_date,
        case incident_verdict_rank when 2 then 'CONFIRMED' when 1 then 'FALSE' end as incident_verdict_code,
        case
            when incident_acknowledged_at >= incident_at
                then {{ seconds_between("incident_at", "incident_acknowledged_at") }} / 60
        end as incident_acknowledge_minutes,
        case
            when incident_closed_at >= incident_at
                then {{ seconds_between("incident_at", "incident_closed_at") }} / 60
        end as incident_close_minutes
    from incidents

)

select * from final
