{#- Records for which no house was found, by source and reason. -#}
with

named as (

    select * from {{ ref("int_houses_named") }}
    where not is_deleted

),

withheld as (

    select * from {{ ref("person_sources") }}
    where not gives_values

),

links as (

    select * from {{ ref("house_links") }}

),

matched as (

    select * from {{ ref("int_addresses_matched") }}

),

unlinked as (

    select
        named.source_system,
        named.source_table,
        {{ unmatched_reason() }} as reason_code,
        coalesce(matched.match_level, 'NONE') as match_level
    from named
    left join links
        on
            named.source_system = links.source_system
            and named.source_table = links.source_table
            and named.source_record_id = links.source_record_id
    left join matched
        on named.address_key = matched.address_key
    left join withheld
        on
            named.source_system = withheld.source_system
            and named.source_table = withheld.source_table
    where
        links.house_id is null
        and withheld.source_table is null

)

select
    source_system,
    source_table,
    reason_code,
    match_level,
    count(*) as record_count
from unlinked
group by source_system, source_table, reason_code, match_level
