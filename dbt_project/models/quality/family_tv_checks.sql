{{ config(materialized="ephemeral") }}

{#- Findings that only other accounts and boxes reveal: second accounts of a household, duplicate
   network addresses, boxes and viewing of missing accounts. The lower number is taken as the first.
-#}
with

accounts as (

    select
        *,
        row_number() over (partition by subscriber_id_number order by account_no) as number_rank,
        row_number() over (partition by subscriber_name_standard, subscriber_phone order by account_no) as phone_rank,
        row_number() over (partition by subscriber_name_standard, address_key order by account_no) as address_rank,
        row_number() over (partition by subscriber_phone, address_key order by account_no) as phone_address_rank
    from {{ ref("stg_family_tv__household_subs") }}
    where not is_deleted

),

boxes as (

    select
        boxes.*,
        row_number() over (partition by boxes.mac_address order by boxes.stb_no) as address_rank,
        accounts.account_no is null as is_account_unknown
    from {{ ref("stg_family_tv__stbs") }} as boxes
    left join {{ ref("stg_family_tv__household_subs") }} as accounts
        on boxes.account_no = accounts.account_no
    where not boxes.is_deleted

),

viewing as (

    select
        viewing.*,
        accounts.account_no is null as is_account_unknown
    from {{ ref("stg_family_tv__view_aggs") }} as viewing
    left join {{ ref("stg_family_tv__household_subs") }} as accounts
        on viewing.account_no = accounts.account_no
    where not viewing.is_deleted

)

{% set account_known =
    finding("is_account_unknown", "account_no", "reference_unknown", "flagged", "family_tv.account_known") -%}
select
    'family_tv' as source_system,
    'household_sub' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding(
            "(subscriber_id_number is not null and number_rank > 1)"
            " or (subscriber_name_standard is not null and subscriber_phone is not null and phone_rank > 1)"
            " or (subscriber_name_standard is not null and address_level = 'ROOM' and address_rank > 1)"
            " or (subscriber_phone is not null and address_level = 'ROOM' and phone_address_rank > 1)",
            "account_no", "account_not_household", "flagged", "family_tv.same_household"
        ),
    ]) }} as _findings
from accounts
union all
select
    'family_tv' as source_system,
    'stb' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([
        finding(
            "mac_address is not null and address_rank > 1",
            "mac_address", "mac_duplicate", "flagged", "family_tv.network_address_once"
        ),
        finding(
            "last_active_on < activated_on",
            "last_active_on", "time_order_implausible", "flagged", "family_tv.active_after_activated"
        ),
        account_known,
    ]) }} as _findings
from boxes
union all
select
    'family_tv' as source_system,
    'view_agg' as source_table,
    _source_record_id as source_record_id,
    _batch_id,
    _landed_at,
    {{ array_of_texts([account_known]) }} as _findings
from viewing
