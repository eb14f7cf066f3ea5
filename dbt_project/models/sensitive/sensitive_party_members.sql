with

members as (

    select * from {{ ref("stg_party__members") }}
    where not is_deleted

),

links as (

    select * from {{ ref("sensitive_person_links") }}
    where source_system = 'party' and source_table = 'member'

)

select
    members.member_no,
    links.person_id,
    links.record_key,
    members.branch_no,
    members.member_type_code,
    members.is_floating,
    members.joined_on
from members
left join links
    on members._source_record_id = links.source_record_id
