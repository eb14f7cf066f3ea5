{{ config(group="sensitive") }}

{#- Counts of what core does not list: an auditor sees that it exists, how much there is and how much
   of it is unlinked. Only this count leaves the schema `sensitive`. -#}
with

withheld as (

    select
        source_system,
        source_table,
        withheld_reason_code,
        case withheld_reason_code
            when 'HEALTH' then 'health_commission'
            when 'RELIEF' then 'civil_affairs'
            when 'PARTY' then 'organization_department'
        end as owner_code
    from {{ ref("person_sources") }}
    where not gives_values

),

named as (

    select * from {{ ref("int_houses_named") }}
    where not is_deleted

),

matched as (

    select * from {{ ref("int_addresses_matched") }}

),

house_links as (

    select * from {{ ref("sensitive_house_links") }}

),

person_links as (

    select * from {{ ref("sensitive_person_links") }}

),

records as (

    select
        'house' as entity,
        named.source_system,
        named.source_table,
        case when house_links.house_id is not null then 'LINKED' else {{ unmatched_reason() }} end as reason_code
    from named
    left join matched
        on named.address_key = matched.address_key
    left join house_links
        on
            named.source_system = house_links.source_system
            and named.source_table = house_links.source_table
            and named.source_record_id = house_links.source_record_id
    union all
    select
        'person' as entity,
        source_system,
        source_table,
        'LINKED' as reason_code
    from person_links

)

select
    records.entity,
    records.source_system,
    records.source_table,
    withheld.withheld_reason_code,
    withheld.owner_code,
    records.reason_code,
    count(*) as record_count
from records
inner join withheld
    on records.source_system = withheld.source_system and records.source_table = withheld.source_table
group by
    records.entity, records.source_system, records.source_table, withheld.withheld_reason_code, withheld.owner_code,
    records.reason_code
