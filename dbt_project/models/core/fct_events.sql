with

grids as (

    select * from {{ ref("dim_grids") }}

),

-- A grid that was split into several has no single successor.
successors as (

    select
        predecessor_grid_code,
        min(grid_code) as grid_code
    from grids
    where predecessor_grid_code is not null
    group by predecessor_grid_code
    having count(*) = 1

),

houses as (

    select * from {{ ref("dim_houses") }}

),

communities as (

    select * from {{ ref("dim_communities") }}

),

kinds as (

    select * from {{ ref("event_kinds") }}

),

reports as (

    select
        reports.*,
        coalesce(
            reports.community_code,
            case when {{ is_grid_code("reports.grid_code") }} then substr(reports.grid_code, 1, 12) end
        ) as named_community_code,
        coalesce(grids.grid_code, houses.grid_code, successors.grid_code) as valid_grid_code,
        row_number() over (
            partition by reports.event_id order by reports.reported_at, reports.report_key
        ) as report_rank
    from {{ ref("fct_event_reports") }} as reports
    left join grids
        on reports.grid_code = grids.grid_code
    left join houses
        on reports.house_id = houses.house_id
    left join successors
        on reports.grid_code = successors.predecessor_grid_code

),

first_reports as (

    select * from reports
    where is_first_report

),

gathered as (

    select
        event_id,
        count(*) as report_count,
        count(distinct source_code) as source_count,
        sum(signal_count) as signal_count,
        min(case when last_signal_at is not null then coalesce(occurred_at, reported_at) end) as first_signal_at,
        max(last_signal_at) as last_signal_at,
        min(occurred_at) as occurred_at,
        min(known_at) as known_from,
        max(updated_at) as updated_at,
        min(accepted_at) as accepted_at,
        min(dispatched_at) as dispatched_at,
        min(arrived_at) as arrived_at,
        max(handled_at) as handled_at,
        max(reopened_at) as reopened_at,
        case when count(closed_at) = count(*) then max(closed_at) end as closed_at,
        min(level_code) as level_code,
        {{ dbt.bool_or("is_confirmed") }} as is_confirmed,
        {{ dbt.bool_or("is_incident") }} as is_incident,
        {%- for column in [
            "named_community_code", "county_code", "valid_grid_code", "house_id", "device_id", "organization_id",
            "person_id",
        ] %}
        {{ first_by(column, "report_rank") }} as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from reports
    group by event_id

)

select
    first_reports.event_id,
    first_reports.event_item_code,
    kinds.event_item_name,
    first_reports.event_kind_code,
    kinds.event_kind_name,
    first_reports.source_code as first_source_code,
    gathered.level_code,
    gathered.is_confirmed,
    gathered.is_incident,
    first_reports.reported_at as event_at,
    {{ local_date("first_reports.reported_at") }} as event_date,
    gathered.occurred_at,
    gathered.accepted_at,
    gathered.dispatched_at,
    gathered.arrived_at,
    gathered.handled_at,
    gathered.closed_at,
    gathered.reopened_at,
    coalesce(gathered.occurred_at, first_reports.reported_at) as valid_from,
    gathered.closed_at as valid_to,
    gathered.known_from,
    gathered.updated_at,
    gathered.report_count,
    gathered.source_count,
    gathered.signal_count,
    gathered.first_signal_at,
    gathered.last_signal_at,
    communities.community_code,
    coalesce(communities.county_code, gathered.county_code) as county_code,
    gathered.valid_grid_code as grid_code,
    gathered.house_id,
    gathered.device_id,
    gathered.organization_id,
    gathered.person_id,
    first_reports.longitude,
    first_reports.latitude,
    first_reports.longitude is not null and first_reports.latitude is not null as has_location
from first_reports
inner join gathered
    on first_reports.event_id = gathered.event_id
left join kinds
    on first_reports.event_item_code = kinds.event_item_code
left join communities
    on gathered.named_community_code = communities.community_code
