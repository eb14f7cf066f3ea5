{{ config(materialized="ephemeral") }}

{#- Findings about capability, Wi-Fi sites and emergency tests that only other records, or a line's
   own technology, reveal. -#}
{%- set fibre_to_the_home_mbps = 1000 -%}
{%- set fastest_line_mbps = 2000 -%}
with

capabilities as (

    select * from {{ ref("stg_broadband__address_capabilities") }}
    where not is_deleted

),

addressed as (

    {{ with_addressed_community("capabilities") }}

),

judged_capabilities as (

    select
        addressed.*,
        case when communities.is_urban then '1' else '2' end as registered_area_type_code
    from addressed
    left join {{ ref("dim_communities") }} as communities
        on coalesce(addressed.addressed_community_code, addressed.community_code) = communities.community_code

),

-- A site keeps its location under another name; its two coordinates may be swapped.
sites as (

    select
        *,
        row_number() over (
            partition by
                community_code, place_code, least(longitude, latitude), greatest(longitude, latitude)
            order by site_no
        ) as site_place
    from {{ ref("stg_broadband__public_wifi_sites") }}
    where not is_deleted

),

tests as (

    select
        *,
        {{ months_between("tested_on", "period") }} as months_before_quarter_end
    from {{ ref("stg_broadband__emergency_communications") }}
    where not is_deleted

)

select
    'broadband' as source_system,
    'address_capability' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding(
            "addressed_community_code <> community_code",
            "community_code", "wrong_community", "flagged", "address_capabilities.addressed_community"
        ),
        finding(
            "area_type_code <> registered_area_type_code",
            "area_type_code", "area_type_self_defined", "repaired", "address_capabilities.division_codes"
        ),
        finding(
            "rate_unit = 'Mbps' and download_rate > " ~ fastest_line_mbps,
            "rate_unit", "rate_unit_mislabelled", "flagged", "address_capabilities.fastest_line"
        ),
        finding(
            "access_code = '1' and rate_unit = 'Mbps' and download_rate = subscribed_mbps and download_rate < "
            ~ fibre_to_the_home_mbps,
            "download_rate", "subscription_as_capability", "flagged", "address_capabilities.fibre_can_more"
        ),
    ]) }} as _findings
from judged_capabilities
union all
select
    'broadband' as source_system,
    'public_wifi' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding("site_place > 1", "site_name", "site_duplicate", "flagged", "public_wifi_sites.same_place"),
    ]) }} as _findings
from sites
union all
select
    'broadband' as source_system,
    'emergency_communication' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding(
            "months_before_quarter_end not between 0 and 2",
            "tested_on", "date_outside_period", "flagged", "emergency_communications.within_quarter"
        ),
    ]) }} as _findings
from tests
