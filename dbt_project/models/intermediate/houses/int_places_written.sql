{{ config(
    materialized=kept_as("incremental"),
    incremental_strategy="differences",
    on_schema_change="sync_all_columns",
    unique_key=["place_key", "place_id"],
) }}

{#- Every written form of an estate, hamlet or numbered road, with the places it can refer to.

   Names select the candidate places; written parts that differ count against one. Places that at
   most one written part contradicts are kept. -#}
with

written as (

    select distinct
        {{ place_key() }} as place_key,
        address_county,
        address_community,
        address_road,
        address_estate
    from {{ ref("int_houses_named") }}
    where address_estate is not null or address_road is not null

),

places as (

    select * from {{ ref("int_places") }}

),

names as (

    select * from {{ ref("int_place_names") }}

),

named as (

    select
        written.place_key,
        names.place_id,
        names.name_kind
    from written
    inner join names
        on written.address_estate = names.place_name
    where names.name_kind <> 'ROAD'
    union all
    select
        written.place_key,
        names.place_id,
        names.name_kind
    from written
    inner join names
        on written.address_road = names.place_name
    where names.name_kind = 'ROAD'

),

in_question as (

    select
        place_key,
        place_id,
        max(case when name_kind = 'ESTATE' then 1 else 0 end) as is_estate,
        max(case when name_kind = 'OTHER' then 1 else 0 end) as is_other_name,
        max(case when name_kind = 'ROAD' then 1 else 0 end) as is_road
    from named
    group by place_key, place_id

),

compared as (

    select
        in_question.place_key,
        in_question.place_id,
        in_question.is_other_name * (1 - in_question.is_estate) as is_other_name,
        in_question.is_estate * 4
        + in_question.is_other_name * (1 - in_question.is_estate) * 3
        + in_question.is_road * 4
        + case when {{ community_base_name("written.address_community") }} = places.community_base then 3 else 0 end
        + case when written.address_county = places.county_name then 1 else 0 end as agreement,
        case
            when written.address_estate <> places.address_estate
                and in_question.is_estate = 0 and in_question.is_other_name = 0
                then 1
            else 0
        end
        -- A road written without a house number does not contradict the number.
        + case
            when substr(places.address_road, 1, length(written.address_road)) <> written.address_road then 1
            else 0
        end
        + case when {{ community_base_name("written.address_community") }} <> places.community_base then 1 else 0 end
        + case when written.address_county <> places.county_name then 1 else 0 end as contradictions
    from in_question
    inner join written
        on in_question.place_key = written.place_key
    inner join places
        on in_question.place_id = places.place_id

),

ranked as (

    select
        *,
        rank() over (partition by place_key order by contradictions, agreement desc) as place_rank
    from compared
    where contradictions <= 1

)

select
    place_key,
    place_id,
    is_other_name,
    agreement,
    contradictions,
    place_rank,
    count(*) over (partition by place_key, place_rank) as rivals_count
from ranked
where place_rank <= 5
