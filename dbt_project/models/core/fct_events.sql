with

reports as (

    select * from {{ ref("fct_event_reports") }}

),

communities as (

    select * from {{ ref("dim_communities") }}

),

grids as (

    select * from {{ ref("dim_grids") }}

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
        min(acknowledged_at) as acknowledged_at,
        case when count(closed_at) = count(*) then max(closed_at) end as closed_at,
        {{ dbt.bool_or("is_confirmed") }} as is_confirmed,
        min(house_id) as house_id,
        min(device_id) as device_id
    from reports
    group by event_id

)

select
    first_reports.event_id,
    first_reports.event_kind_code,
    first_reports.source_code as first_source_code,
    first_reports.reported_at as event_at,
    {{ local_date("first_reports.reported_at") }} as event_date,
    gathered.acknowledged_at,
    gathered.closed_at,
    gathered.is_confirmed,
    gathered.report_count,
    gathered.source_count,
    communities.community_code,
    coalesce(communities.county_code, first_reports.county_code) as county_code,
    grids.grid_code,
    gathered.house_id,
    gathered.device_id,
    first_reports.longitude,
    first_reports.latitude,
    first_reports.longitude is not null and first_reports.latitude is not null as has_location
from first_reports
inner join gathered
    on first_reports.event_id = gathered.event_id
left join communities
    on coalesce(first_reports.community_code, substr(first_reports.grid_code, 1, 12)) = communities.community_code
left join grids
    on first_reports.grid_code = grids.grid_code
