{#- For each record, the number of earlier ones of the same person within one source: the same valid
    number, or the same name together with any of `others`. A record that gives only a name is not
    compared. -#}
{% macro earlier_records_of_person(relation, since, others) -%}
    select
        _source_record_id,
        max(place) - 1 as earlier_records_count
    from (
        select
            _source_record_id,
            row_number() over (partition by person_key order by {{ since }}, _source_record_id) as place
        from (
            select _source_record_id, {{ since }}, 'number|' || id_number as person_key
            from {{ relation }}
            {% for other in others -%}
                union all
                select
                    _source_record_id,
                    {{ since }},
                    '{{ loop.index }}|' || name_standard || '|' || {{ other }} as person_key
                from {{ relation }}
            {% endfor %}
        ) as keyed
        where person_key is not null
    ) as placed
    group by _source_record_id
{%- endmacro %}
