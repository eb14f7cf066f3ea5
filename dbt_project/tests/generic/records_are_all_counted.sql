{#- Listed, counted without a house and withheld: together every record that names a house, table by table. -#}
{% test records_are_all_counted(model) %}

with

named as (

    select * from {{ ref("int_houses_named") }}
    where not is_deleted

),

counted as (

    select
        named.source_system,
        named.source_table,
        count(*) as record_count
    from named
    inner join {{ ref("house_links") }} as links
        on
            named.source_system = links.source_system
            and named.source_table = links.source_table
            and named.source_record_id = links.source_record_id
    group by named.source_system, named.source_table
    union all
    select
        source_system,
        source_table,
        record_count
    from {{ ref("unmatched_addresses") }}
    union all
    select
        source_system,
        source_table,
        record_count
    from {{ model }}
    where entity = 'house'

),

totals as (

    select
        source_system,
        source_table,
        sum(record_count) as record_count
    from counted
    group by source_system, source_table

),

expected as (

    select
        source_system,
        source_table,
        count(*) as record_count
    from named
    group by source_system, source_table

)

select
    expected.source_system,
    expected.source_table,
    expected.record_count as expected_count,
    totals.record_count as counted_count
from expected
left join totals
    on expected.source_system = totals.source_system and expected.source_table = totals.source_table
where coalesce(totals.record_count, 0) <> expected.record_count

{% endtest %}
