with

records as (

    select * from {{ ref("stg_health__ehr_indexes") }}
    where not is_deleted

),

links as (

    select * from {{ ref("sensitive_person_links") }}
    where source_system = 'health' and source_table = 'ehr_index'

),

-- The most recently signed contract; ties on one day are broken by number.
contracts as (

    select * from (
        select
            *,
            row_number() over (partition by ehr_no order by signed_on desc nulls last, contract_no desc)
                as contract_rank
        from {{ ref("stg_health__contracts") }}
        where not is_deleted
    ) as ranked
    where contract_rank = 1

)

select
    records.ehr_no,
    links.person_id,
    links.record_key,
    records.institution_code,
    records.community_code,
    records.key_group_code,
    records.established_on,
    records.last_used_on,
    records.status_code,
    contracts.contract_no,
    contracts.package_code,
    contracts.valid_to as contract_valid_to,
    contracts.status_code as contract_status_code
from records
left join links
    on records._source_record_id = links.source_record_id
left join contracts
    on records.ehr_no = contracts.ehr_no
