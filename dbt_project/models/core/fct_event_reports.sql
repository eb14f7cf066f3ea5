{{ config(meta={
    "computed_once": ["placed", "followers", "followers_3", "reports_with_root", "mediation_candidates"],
}) }}

with

records as (

    select
        *,
        coalesce(occurred_at, reported_at) as happened_at,
        coalesce('house|' || house_id, place_key) as known_place
    from {{ ref("event_records") }}

),

wordings as (

    select * from {{ ref("event_kind_wordings") }}

),

-- Slots are as long as the time of merging, so that two reports of one incident lie in the same or in the next one.
-- What no person has judged says nothing about others' reports.
placed as (

    select
        report_key,
        event_kind_code,
        reported_at,
        happened_at,
        cast(floor({{ instant_number("happened_at") }} / (60 * {{ var("incident_merge_minutes") }})) as integer)
            as time_slot,
        community_code,
        house_id,
        longitude,
        latitude,
        {{ incident_cell("longitude", "latitude") }}
    from records
    where longitude is not null and latitude is not null and (is_confirmed or source_code <> 'SENSOR')

),

{{ neighbouring_cells("reach", "placed", time_slot="time_slot") }},

-- Two records that both name the house tell of one incident only if they name the same one.
near as (

    select
        later.report_key,
        earlier.report_key as earlier_key,
        later.event_kind_code,
        earlier.event_kind_code as earlier_kind_code,
        coalesce(later.house_id = earlier.house_id, false) as is_same_place,
        {{ distance_meters("earlier.longitude", "earlier.latitude", "later.longitude", "later.latitude") }} as meters
    from reach as later
    inner join placed as earlier
        on
            later.near_x = earlier.cell_x
            and later.near_y = earlier.cell_y
            and later.near_slot = earlier.time_slot
    where
        (
            earlier.reported_at < later.reported_at
            or (earlier.reported_at = later.reported_at and earlier.report_key < later.report_key)
        )
        and abs({{ seconds_between("earlier.happened_at", "later.happened_at") }})
        <= 60 * {{ var("incident_merge_minutes") }}
        and coalesce(later.house_id = earlier.house_id, true)
        and coalesce(later.community_code = earlier.community_code, true)

),

-- Whoever calls again from the same house or terminal within the hour, about the same, tells of one incident; the
-- pauses between alarms are the alarms' own matter.
spaced as (

    select
        *,
        coalesce(
            {{ seconds_between(
                "lag(reported_at) over (partition by known_place, event_item_code order by reported_at, report_key)",
                "reported_at",
            ) }} <= 60 * {{ var("same_place_merge_minutes") }},
            false
        ) as is_call_again
    from records
    where known_place is not null and device_id is null

),

calls as (

    select
        *,
        sum(case when is_call_again then 0 else 1 end) over (
            partition by known_place, event_item_code
            order by reported_at, report_key
            rows between unbounded preceding and current row
        ) as call_number
    from spaced

),

called_before as (

    select
        report_key,
        is_call_again,
        first_value(report_key) over (
            partition by known_place, event_item_code, call_number order by reported_at, report_key
            rows between unbounded preceding and unbounded following
        ) as earlier_key
    from calls

),

candidates as (

    select
        near.report_key,
        near.earlier_key,
        case when near.is_same_place then 'SAME PLACE' else 'NEAR' end as match_rule,
        near.is_same_place,
        near.event_kind_code = near.earlier_kind_code as is_same_kind,
        near.meters
    from near
    inner join wordings
        on near.event_kind_code = wordings.event_kind_code and near.earlier_kind_code = wordings.other_kind_code
    where near.meters <= {{ var("incident_merge_meters") }}
    union all
    select
        report_key,
        earlier_key,
        'SAME PLACE' as match_rule,
        true as is_same_place,
        true as is_same_kind,
        0 as meters
    from called_before
    where is_call_again

),

-- Of several earlier reports that it may repeat, a report follows the likeliest.
ranked as (

    select
        *,
        row_number() over (
            partition by report_key order by is_same_place desc, is_same_kind desc, meters, earlier_key
        ) as candidate_rank
    from candidates

),

followers as (

    select
        report_key,
        earlier_key as root_key,
        match_rule
    from ranked
    where candidate_rank = 1

),

{{ followed_to_the_root("followers", "report_key", "root_key", "match_rule", rounds=6) }},

grouped as (

    select
        records.report_key,
        records.house_id,
        records.reported_at,
        coalesce(rooted_followers.root_key, records.report_key) as root_key,
        rooted_followers.match_rule,
        first_value(records.house_id) over (
            partition by coalesce(rooted_followers.root_key, records.report_key)
            order by case when records.house_id is null then 1 else 0 end, records.reported_at, records.report_key
            rows between unbounded preceding and unbounded following
        ) as first_house_id
    from records
    left join rooted_followers
        on records.report_key = rooted_followers.report_key

),

-- Reports that name no house can lead from one house to another; whoever names another than the first is taken out.
reports_with_root as (

    select
        report_key,
        case
            when house_id <> first_house_id
                then first_value(report_key) over (
                    partition by root_key, house_id order by reported_at, report_key
                    rows between unbounded preceding and unbounded following
                )
            else root_key
        end as root_key,
        match_rule
    from grouped

),

-- The disputes that were reported with the wish for mediation. Made distinct before requests are held against them:
-- the engine would else pair every request with every dispute of its kind first.
disputes_to_mediate as (

    select distinct
        wishes.community_code,
        disputes.report_key as dispute_key,
        disputes.event_kind_code,
        disputes.reported_at
    from records as wishes
    inner join reports_with_root
        on wishes.report_key = reports_with_root.report_key
    inner join records as disputes
        on reports_with_root.root_key = disputes.report_key
    where wishes.is_mediation_asked

),

-- A request for mediation follows, days later, a dispute that was reported with the wish for it, and gives no place
-- but the community. It belongs to a dispute if it can mean only that one, once those are out of the question that
-- another request must mean.
mediation_candidates as (

    select distinct
        requests.report_key,
        disputes_to_mediate.dispute_key
    from records as requests
    inner join disputes_to_mediate
        on requests.community_code = disputes_to_mediate.community_code and requests.event_kind_code = disputes_to_mediate.event_kind_code
    where
        requests.source_table = 'mediation'
        and {{ seconds_between("disputes_to_mediate.reported_at", "requests.reported_at") }}
        between 0 and 3600 * {{ var("mediation_follows_hours") }}

),

{{ eliminated_pairs("mediation_candidates", "report_key", "dispute_key", 3) }},

settled_reports as (

    select
        reports_with_root.report_key,
        coalesce(settled.dispute_key, reports_with_root.root_key) as root_key,
        case
            when settled.dispute_key is not null then 'ONLY DISPUTE'
            when reports_with_root.report_key = reports_with_root.root_key then 'FIRST'
            else reports_with_root.match_rule
        end as match_rule
    from reports_with_root
    left join settled
        on reports_with_root.report_key = settled.report_key

),

final as (

    select
        {{ surrogate_id("E", "settled_reports.root_key") }} as event_id,
        records.report_key,
        records.source_system,
        records.source_table,
        records.source_record_id,
        records.source_code,
        records.source_kind_code,
        records.event_item_code,
        records.event_kind_code,
        records.is_incident,
        records.level_code,
        settled_reports.match_rule,
        settled_reports.root_key = records.report_key as is_first_report,
        records.source_table <> 'alarm'
        and row_number() over (
            partition by
                settled_reports.root_key,
                case when records.source_table = 'alarm' then 'case' else records.source_table end
            order by records.reported_at, records.report_key
        ) > 1 as is_told_again,
        records.occurred_at,
        records.reported_at,
        records.known_at,
        records.accepted_at,
        records.dispatched_at,
        records.arrived_at,
        records.handled_at,
        records.closed_at,
        records.reopened_at,
        records.updated_at,
        records.last_signal_at,
        records.signal_count,
        records.is_confirmed,
        records.county_code,
        records.community_code,
        records.grid_code,
        records.house_id,
        records.device_id,
        records.organization_id,
        records.person_id,
        records.person_role_code,
        records.longitude,
        records.latitude
    from records
    inner join settled_reports
        on records.report_key = settled_reports.report_key

)

select * from final
