{{ config(materialized=kept_as("incremental"), incremental_strategy="delete+insert", unique_key="date_day") }}

with

heartbeats as (

    select
        device_id,
        occurred_date as date_day,
        occurred_at
    from {{ ref("stg_safety_devices__heartbeats") }}

),

{% if is_incremental() -%}
-- A late message reopens only its own day: a day is recounted when its number of messages differs
-- from the number counted. That needs no clock, so any order of arrival ends in the same rows.
counted as (

    select
        date_day,
        sum(heartbeat_count) as message_count
    from {{ this }}
    group by date_day

),

held as (

    select
        date_day,
        count(*) as message_count
    from heartbeats
    group by date_day

),

touched as (

    select held.date_day
    from held
    left join counted
        on held.date_day = counted.date_day
    where counted.message_count is null or counted.message_count <> held.message_count

),

chosen as (

    select heartbeats.*
    from heartbeats
    inner join touched
        on heartbeats.date_day = touched.date_day

)
{%- else -%}
chosen as (

    select * from heartbeats

)
{%- endif %}

select
    device_id,
    date_day,
    count(*) as heartbeat_count,
    min(occurred_at) as first_heartbeat_at,
    max(occurred_at) as last_heartbeat_at
from chosen
group by device_id, date_day
