{{ config(materialized="ephemeral") }}

{#- Findings about the pilots that only other records reveal: names that do not belong to the code,
   pilots missing from the list, systems listed again under a new name. -#}
with

pilots as (

    select * from {{ ref("stg_pilots__pilot_communities") }}
    where not is_deleted

),

communities as (

    select * from {{ ref("dim_communities") }}

),

milestones as (

    select * from {{ ref("stg_pilots__milestones") }}
    where not is_deleted

),

-- A renamed system keeps its department and the core of its name.
systems as (

    select
        *,
        row_number() over (
            partition by owner_department, {{ regex_replace("system_name", "（[^）]*）|淮南市|管理") }} order by system_no
        ) as name_place
    from {{ ref("stg_pilots__inventory_systems") }}
    where not is_deleted

)

select
    'pilots' as source_system,
    'pilot_community' as source_table,
    pilots._source_record_id as source_record_id,
    pilots._batch_id,
    pilots._landed_at,
    {{ array_of_texts([
        finding("true", "community_name", "name_code_mismatch", "flagged", "pilot_communities.name_of_code"),
    ]) }} as _findings
from pilots
inner join communities
    on pilots.community_code = communities.community_code
where {{ community_base_name("pilots.community_name") }} <> {{ community_base_name("communities.community_name") }}
union all
select
    'pilots' as source_system,
    'milestone' as source_table,
    milestones._source_record_id as source_record_id,
    milestones._batch_id,
    milestones._landed_at,
    {{ array_of_texts([
        finding("true", "pilot_no", "reference_unknown", "flagged", "milestones.pilot_list"),
    ]) }} as _findings
from milestones
left join pilots
    on milestones.pilot_no = pilots.pilot_no
where milestones.pilot_no is not null and pilots.pilot_no is null
union all
select
    'pilots' as source_system,
    'system_inventory' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("name_place > 1", "system_name", "system_duplicate", "flagged", "inventory_systems.same_system"),
    ]) }} as _findings
from systems
