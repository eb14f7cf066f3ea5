{#- The exceptions count every row of another model whose foreign key is empty. -#}
{% test nulls_are_counted(model, of, foreign_key) %}

with

empty as (

    select count(*) as row_count
    from {{ of }}
    where {{ foreign_key }} is null

),

counted as (

    select coalesce(sum(record_count), 0) as row_count
    from {{ model }}
    where entity = '{{ of.identifier }}' and foreign_key = '{{ foreign_key }}'

)

select
    empty.row_count as empty_count,
    counted.row_count as counted_count
from empty
cross join counted
where empty.row_count <> counted.row_count

{% endtest %}
