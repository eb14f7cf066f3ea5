{{ config(
    materialized=kept_as("incremental"),
    incremental_strategy="followed",
    unique_key="person_id",
    post_hook="{{ remember_inputs() }}",
) }}

-- depends_on: {{ ref("int_persons_candidates") }}, {{ source("identity", "person_assignments") }}
-- depends_on: {{ ref("stg_population__hj_persons") }}, {{ ref("stg_population__ld_persons") }}
-- depends_on: {{ ref("person_sources") }}, {{ ref("int_houses_addressed") }}
{%- set changes = follows() %}
with

{% if changes -%}
    changed_grids as (

        {{ changed_grid_codes(changes) }}

    ),

    -- What a register says of the residence itself changes with its batch.
    changed_records as (

        {{ changed_candidates(["hukou_no", "is_deleted", "updated_at", "_batch_id"], changes) }}
        union
        {{ records_of_changed_places(changes) }}

    ),

    affected as (

        {{ persons_of_records("changed_records", changes) }}
        union
        {{ persons_of_changed_houses(changes) }}

    ),

    affected_records as (

        {{ records_of_persons("affected") }}

    ),

{% endif -%}
sources as (

    select * from {{ ref("residence_sources") }}

),

person_records as (

    {% if changes -%}
        {{ person_records("affected_records") }}
    {%- else -%}
        select * from {{ ref("person_records") }}
    {%- endif %}

),

records as (

    select
        records.*,
        sources.residence_rank as residence_source_rank
    from person_records as records
    inner join sources
        on records.source_system = sources.source_system and records.source_table = sources.source_table

),

-- Only the links and named houses of residence sources: a third of all, and each is joined in full.
house_links as (

    select house_links.*
    from {{ ref("house_links") }} as house_links
    inner join sources
        on house_links.source_system = sources.source_system and house_links.source_table = sources.source_table
    {% if changes -%}
        inner join affected_records
            on
                house_links.source_system = affected_records.source_system
                and house_links.source_table = affected_records.source_table
                and house_links.source_record_id = affected_records.source_record_id
    {%- endif %}

),

houses as (

    select * from {{ ref("dim_houses") }}

),

named as (

    select named.*
    from {{ ref("int_houses_named") }} as named
    inner join sources
        on named.source_system = sources.source_system and named.source_table = sources.source_table
    {% if changes -%}
        inner join affected_records
            on
                named.source_system = affected_records.source_system
                and named.source_table = affected_records.source_table
                and named.source_record_id = affected_records.source_record_id
    {%- endif %}

),

addresses as (

    select * from {{ ref("int_addresses_matched") }}

),

registered_homes as (

    select * from {{ ref("int_registered_homes") }}

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

-- The most recently changed registration gives the registered home.
homes as (

    select
        person_id,
        house_code
    from (
        select
            records.person_id,
            registered_homes.house_code,
            row_number() over (
                partition by records.person_id
                order by records.is_deleted, records.updated_at desc, records.record_key
            ) as home_rank
        from records
        inner join registered_homes
            on records.source_record_id = registered_homes.source_record_id
        where records.source_system = 'population' and records.source_table = 'hj_person'
    ) as ranked
    where home_rank = 1

),

spells as (

    select
        records.person_id,
        records.record_key,
        records.source_system,
        records.source_table,
        records.source_record_id,
        records.residence_source_rank,
        records.hukou_no,
        records.relation_to_head_code,
        houses.house_id,
        houses.house_code,
        homes.house_code as registered_house_code,
        coalesce(houses.address, named.written_address) as address,
        coalesce(houses.community_code, communities.community_code, addresses.community_code) as community_code,
        case
            when houses.house_id is not null then houses.grid_code
            else coalesce(grids.grid_code, address_grids.grid_code)
        end as grid_code,
        records.verified_at,
        records.updated_at,
        {{ local_date("coalesce(records.verified_at, records.updated_at)") }} as valid_from,
        case
            when records.is_deleted then 'DELETED'
            when deceased.person_id is not null then 'DECEASED'
            when records.status_code <> '1' then 'LEFT'
            when coalesce(houses.community_code, communities.community_code, addresses.community_code) is null
                then 'UNKNOWN'
        end as end_reason_known,
        deceased.known_since_date
    from records
    left join named
        on
            records.source_system = named.source_system
            and records.source_table = named.source_table
            and records.source_record_id = named.source_record_id
    left join addresses
        on named.address_key = addresses.address_key
    left join house_links
        on
            records.source_system = house_links.source_system
            and records.source_table = house_links.source_table
            and records.source_record_id = house_links.source_record_id
    left join houses
        on house_links.house_id = houses.house_id
    left join communities
        on named.written_community_code = communities.community_code
    left join grids
        on
            named.written_grid_code = grids.grid_code
            and named.written_community_code = grids.community_code
    left join grids as address_grids
        on addresses.grid_code = address_grids.grid_code
    left join homes
        on records.person_id = homes.person_id
    left join deceased
        on records.person_id = deceased.person_id

),

-- The latest verified residence wins; of two verified together, a visit's over the police's over
-- civil affairs'. The others are closed, not deleted.
ranked as (

    select
        *,
        row_number() over (
            partition by person_id
            order by
                case when end_reason_known is null then 0 else 1 end,
                verified_at desc nulls last, residence_source_rank, updated_at desc, record_key
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
        -- 人户一致; null if either house is unknown.
        registered_house_code = house_code as is_home_registration_consistent,
        verified_at,
        valid_from,
        case
            when end_reason_known = 'DECEASED' then greatest(known_since_date, valid_from)
            when end_reason_known is not null then {{ local_date("updated_at") }}
            when residence_rank > 1 then first_value(valid_from) over (partition by person_id order by residence_rank)
        end as valid_to
    from ranked

)

{{ rows_of_affected("final", "person_id", changes) }}
