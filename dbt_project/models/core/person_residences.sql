with

records as (

    select * from {{ ref("person_records") }}
    where source_system = 'population' and source_table in ('hj_person', 'ld_person')

),

house_links as (

    select * from {{ ref("house_links") }}

),

houses as (

    select * from {{ ref("dim_houses") }}

),

registered as (

    select
        'population|hj_person|' || _source_record_id as record_key,
        community_code,
        grid_code,
        residence_address
    from {{ ref("stg_population__hj_persons") }}
    union all
    select
        'population|ld_person|' || _source_record_id as record_key,
        community_code,
        grid_code,
        residence_address
    from {{ ref("stg_population__ld_persons") }}

),

communities as (

    select * from {{ ref("dim_communities") }}

),

grids as (

    select * from {{ ref("dim_grids") }}

),

deceased as (

    select
        person_id,
        min({{ local_date("updated_at") }}) as known_since_date
    from records
    where says_deceased
    group by person_id

),

spells as (

    select
        records.person_id,
        records.record_key,
        records.source_system,
        records.source_table,
        records.source_record_id,
        records.source_rank,
        records.hukou_no,
        records.relation_to_head_code,
        houses.house_id,
        houses.house_code,
        coalesce(houses.address, registered.residence_address) as address,
        coalesce(houses.community_code, communities.community_code) as community_code,
        coalesce(houses.grid_code, case when houses.house_id is null then grids.grid_code end) as grid_code,
        records.verified_at,
        records.updated_at,
        {{ local_date("coalesce(records.verified_at, records.updated_at)") }} as valid_from,
        case
            when records.is_deleted then 'DELETED'
            when deceased.person_id is not null then 'DECEASED'
            when records.status_code <> '1' then 'LEFT'
            when coalesce(houses.community_code, communities.community_code) is null then 'UNKNOWN'
        end as end_reason_known,
        deceased.known_since_date
    from records
    inner join registered
        on records.record_key = registered.record_key
    left join house_links
        on
            records.source_system = house_links.source_system
            and records.source_table = house_links.source_table
            and records.source_record_id = house_links.source_record_id
    left join houses
        on house_links.house_id = houses.house_id
    left join communities
        on registered.community_code = communities.community_code
    left join grids
        on
            registered.grid_code = grids.grid_code
            and registered.community_code = grids.community_code
    left join deceased
        on records.person_id = deceased.person_id

),

-- The latest verified residence wins; the others are closed, not deleted.
ranked as (

    select
        *,
        row_number() over (
            partition by person_id
            order by
                case when end_reason_known is null then 0 else 1 end,
                verified_at desc nulls last, updated_at desc, source_rank, record_key
        ) as residence_rank
    from spells

),

final as (

    select
        person_id,
        record_key,
        source_system,
        source_table,
        source_record_id,
        residence_rank,
        residence_rank = 1 and end_reason_known is null as is_current,
        coalesce(end_reason_known, case when residence_rank > 1 then 'SUPERSEDED' end) as end_reason_code,
        house_id,
        house_code,
        case when house_id is not null then {{ surrogate_id("U", "house_id") }} end as household_id,
        address,
        community_code,
        grid_code,
        grid_code is not null as is_grid_valid,
        hukou_no,
        relation_to_head_code,
        verified_at,
        valid_from,
        case
            when end_reason_known = 'DECEASED' then greatest(known_since_date, valid_from)
            when end_reason_known is not null then {{ local_date("updated_at") }}
            when residence_rank > 1 then first_value(valid_from) over (partition by person_id order by residence_rank)
        end as valid_to
    from ranked

)

select * from final
