{{ config(materialized="ephemeral") }}

{#- What only other rows show about the records of the grid platform. -#}
with

grids as (

    select * from {{ ref("stg_grid__grids") }}
    where not is_deleted

),

wordings as (

    select * from {{ ref("event_kind_wordings") }}

),

-- From when on a grid's area has another grid.
successions as (

    select
        predecessor_grid_code as grid_code,
        max(valid_from) as followed_on,
        max(case when grid_code <> predecessor_grid_code then valid_from end) as recoded_on
    from grids
    where predecessor_grid_code is not null
    group by predecessor_grid_code

),

centers as (

    select
        community_code,
        avg(center_longitude) as center_longitude,
        avg(center_latitude) as center_latitude
    from grids
    group by community_code

),

codes as (

    select
        grids.grid_code,
        max(successions.recoded_on) as recoded_on
    from grids
    left join successions
        on grids.grid_code = successions.grid_code
    group by grids.grid_code

),

events as (

    select
        events.*,
        kinds.event_kind_code as common_kind_code,
        coalesce(events.title like '%测试%', false) as is_test,
        reporter_worker_no is not null
        and {{ seconds_between(
            "lag(reported_at) over (partition by reporter_worker_no, events.event_kind_code, longitude, latitude"
            " order by reported_at, event_no)", "reported_at"
        ) }} <= 600 as is_entered_twice
    from {{ ref("stg_grid__events") }} as events
    left join {{ ref("event_kind_mappings") }} as mappings
        on mappings.source_table = 'event' and events.event_kind_code = mappings.source_kind_code
    left join {{ ref("event_kinds") }} as kinds
        on mappings.event_item_code = kinds.event_item_code
    where not events.is_deleted

),

reports as (

    select
        'case' as source_table,
        cases._source_record_id as source_record_id,
        kinds.event_kind_code as common_kind_code,
        coalesce(cases.reported_at, cases.accepted_at) as reported_at,
        cases.longitude,
        cases.latitude
    from {{ ref("stg_affairs__cases") }} as cases
    left join {{ ref("event_kind_mappings") }} as mappings
        on mappings.source_table = 'case' and cases.incident_kind_code = mappings.source_kind_code
    left join {{ ref("event_kinds") }} as kinds
        on mappings.event_item_code = kinds.event_item_code
    where cases.case_type_code = 'INCIDENT' and not cases.is_deleted and not cases.is_test
    union all
    select
        'event' as source_table,
        _source_record_id as source_record_id,
        common_kind_code,
        reported_at,
        longitude,
        latitude
    from events
    where not is_test and not coalesce(is_entered_twice, false)

),

located as (

    select
        *,
        {{ incident_cell("longitude", "latitude") }}
    from reports
    where longitude is not null and latitude is not null

),

{{ neighbouring_cells("reach", "located") }},

-- The platform of affairs knows it too, or somebody told the grid platform before.
reported_elsewhere as (

    select distinct reach.source_record_id
    from reach
    inner join wordings
        on reach.common_kind_code = wordings.event_kind_code
    inner join located as other
        on
            reach.near_x = other.cell_x
            and reach.near_y = other.cell_y
            and wordings.other_kind_code = other.common_kind_code
            and reach.source_record_id <> other.source_record_id
    where
        reach.source_table = 'event'
        and (other.source_table = 'case' or other.reported_at < reach.reported_at)
        and abs({{ seconds_between("other.reported_at", "reach.reported_at") }})
        <= 60 * {{ var("incident_merge_minutes") }}
        and {{ distance_meters("reach.longitude", "reach.latitude", "other.longitude", "other.latitude") }}
        <= {{ var("incident_merge_meters") }}

),

judged_events as (

    select
        events.*,
        codes.grid_code is null or {{ local_date("events.reported_at") }} >= codes.recoded_on as is_grid_stale,
        reported_elsewhere.source_record_id is not null as is_reported_elsewhere,
        {{ distance_meters(
            "events.longitude", "events.latitude", "centers.center_longitude", "centers.center_latitude"
        ) }} as meters_from_center
    from events
    left join codes
        on events.grid_code = codes.grid_code
    left join centers
        on events.community_code = centers.community_code
    left join reported_elsewhere
        on events._source_record_id = reported_elsewhere.source_record_id

),

flows as (

    select
        *,
        lead(step_code) over (partition by event_no order by started_at, flow_no) as next_step_code
    from {{ ref("stg_grid__event_flows") }}
    where not is_deleted

),

plans as (

    select
        plans.*,
        codes.grid_code is null or plans.planned_on >= codes.recoded_on as is_grid_stale
    from {{ ref("stg_grid__patrol_plans") }} as plans
    left join codes
        on plans.grid_code = codes.grid_code
    where not plans.is_deleted

),

checkins as (

    select
        checkins.*,
        {{ seconds_between(
            "lag(checkins.checked_in_at) over (partition by checkins.worker_no, coalesce(checkins.plan_no, checkins.house_code)"
            " order by checkins.checked_in_at, checkins.checkin_no)", "checkins.checked_in_at"
        ) }} <= 180 as is_repeated,
        {{ distance_meters(
            "checkins.longitude", "checkins.latitude", "plans.checkpoint_longitude", "plans.checkpoint_latitude"
        ) }} as meters_from_checkpoint
    from {{ ref("stg_grid__checkins") }} as checkins
    left join {{ ref("stg_grid__patrol_plans") }} as plans
        on checkins.plan_no = plans.plan_no
    where not checkins.is_deleted

),

tracks as (

    select
        tracks.*,
        {{ distance_meters(
            "tracks.longitude", "tracks.latitude", "centers.center_longitude", "centers.center_latitude"
        ) }} as meters_from_center
    from {{ ref("stg_grid__tracks") }} as tracks
    inner join {{ ref("stg_grid__workers") }} as workers
        on tracks.worker_no = workers.worker_no
    inner join centers
        on workers.community_code = centers.community_code

)

select
    'grid' as source_system,
    'grid' as source_table,
    grids._source_record_id as source_record_id,
    grids._batch_id,
    grids._landed_at,
    {{ array_of_texts([
        finding(
            "grids.valid_to is null and successions.followed_on > grids.valid_from",
            "valid_to", "grid_not_closed", "flagged", "grids.successor"
        ),
    ]) }} as _findings
from grids
left join successions
    on grids.grid_code = successions.grid_code
union all
{#- A community measures some hundred metres; an event of its own lies within 1,500. #}
select
    'grid' as source_system,
    'event' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding(
            is_grid_assigned("grid_code") ~ " and is_grid_stale", "grid_code", "grid_stale", "flagged", "events.grid_register"
        ),
        finding("meters_from_center > 1500", "longitude", "gps_drift", "flagged", "events.community_center"),
        finding("is_entered_twice", "event_no", "event_entered_twice", "flagged", "events.same_reporter"),
        finding(
            "is_reported_elsewhere and not coalesce(is_entered_twice, false)",
            "title", "incident_reported_again", "flagged", "events.same_incident"
        ),
    ]) }} as _findings
from judged_events
union all
select
    'grid' as source_system,
    'event_flow' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding(
            "finished_at is null and (next_step_code is not null or step_code <> 'HANDLE')",
            "finished_at", "step_time_missing", "flagged", "events.step_finished"
        ),
    ]) }} as _findings
from flows
union all
select
    'grid' as source_system,
    'patrol_plan' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding(
            is_grid_assigned("grid_code") ~ " and is_grid_stale", "grid_code", "grid_stale", "flagged", "plans.grid_register"
        ),
    ]) }} as _findings
from plans
union all
{#- Who signs half a kilometre away is not late but lost: a worker who is elsewhere lies within some streets. #}
select
    'grid' as source_system,
    'checkin' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("meters_from_checkpoint > 500", "longitude", "gps_drift", "flagged", "checkins.checkpoint"),
        finding("is_repeated", "checkin_no", "checkin_repeated", "flagged", "checkins.same_place"),
    ]) }} as _findings
from checkins
union all
select
    'grid' as source_system,
    'track' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("meters_from_center > 3000", "longitude", "gps_drift", "flagged", "tracks.community_center"),
    ]) }} as _findings
from tracks
