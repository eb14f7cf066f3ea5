{{ config(materialized="ephemeral") }}

{#- Findings that only a device's other messages and its registration reveal. -#}
{%- set streams = [
    ("alarm", ref("stg_safety_devices__alarms")),
    ("pass_log", ref("stg_safety_devices__pass_logs")),
    ("heartbeat", ref("stg_safety_devices__heartbeats")),
    ("video_alarm", ref("stg_safety_devices__video_alarms")),
    ("visitor_call", ref("stg_safety_devices__visitor_calls")),
    ("patrol_sign", ref("stg_safety_devices__patrol_signs")),
] -%}
with

registrations as (

    select
        *,
        lag(installed_at) over registered as installed_at_before,
        lag(community_code || coalesce(house_code, '') || cast(longitude as {{ text_type() }})) over registered
            as place_before,
        community_code || coalesce(house_code, '') || cast(longitude as {{ text_type() }}) as place
    from {{ ref("stg_safety_devices__devices") }}
    window registered as (partition by device_id order by occurred_at, message_id)

),

devices as (

    select distinct device_id
    from registrations

),

messages as (

    {% for source_table, relation in streams -%}
        select
            '{{ source_table }}' as source_table,
            device_id,
            occurred_at,
            copies_count,
            _source_record_id,
            _batch_id,
            _landed_at
        from {{ relation }}
        {{ "union all" if not loop.last }}
    {% endfor %}

),

-- The hour before a device fell silent: it replays unconfirmed messages when it returns, including
-- the last heartbeat. A device id without registration is an error in a single message, and silent
-- ever after.
silences as (

    select
        heartbeats.device_id,
        heartbeats.occurred_at as last_heard_at
    from (
        select
            device_id,
            occurred_at,
            copies_count,
            lead(occurred_at) over (partition by device_id order by occurred_at) as next_heard_at
        from {{ ref("stg_safety_devices__heartbeats") }}
    ) as heartbeats
    inner join devices
        on heartbeats.device_id = devices.device_id
    where
        {{ seconds_between("heartbeats.occurred_at", "heartbeats.next_heard_at") }} > 5400
        and heartbeats.copies_count > 1

),

replayed as (

    select distinct
        messages.source_table,
        messages._source_record_id
    from messages
    inner join silences
        on messages.device_id = silences.device_id
    where
        messages.copies_count > 1
        and abs({{ seconds_between("messages.occurred_at", "silences.last_heard_at") }}) < 3600

),

stormy as (

    select
        'alarm' as source_table,
        messages._source_record_id
    from {{ ref("stg_safety_devices__alarms") }} as messages
    inner join {{ ref("fct_alarms") }} as alarms
        on messages.device_id = alarms.device_id and messages.alarm_id = alarms.alarm_id
    where alarms.incident_alarm_count >= {{ var("storm_alarms") }}

),

judged as (

    select
        messages.*,
        devices.device_id is null as is_unregistered,
        replayed._source_record_id is not null as is_replayed,
        stormy._source_record_id is not null as is_stormy
    from messages
    left join devices
        on messages.device_id = devices.device_id
    left join replayed
        on
            messages.source_table = replayed.source_table
            and messages._source_record_id = replayed._source_record_id
    left join stormy
        on
            messages.source_table = stormy.source_table
            and messages._source_record_id = stormy._source_record_id

)

select
    'safety_devices' as source_system,
    source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("is_unregistered", "device_id", "unknown_device", "flagged", "streams.registered"),
        finding("is_replayed", "message_id", "message_replay", "repaired", "streams.sent_again"),
        finding("is_stormy", "alarm_id", "alarm_storm", "repaired", "streams.storm"),
    ]) }} as _findings
from judged
where is_unregistered or is_replayed or is_stormy
union all
select
    'safety_devices' as source_system,
    'device' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("true", "device_id", "device_id_reused", "repaired", "streams.installed_elsewhere"),
    ]) }} as _findings
from registrations
where place <> place_before or installed_at <> installed_at_before
