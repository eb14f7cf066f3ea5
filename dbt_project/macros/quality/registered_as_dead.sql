{#- The records of `relation` whose person the population register calls dead, by number, else by name and birth date.

    The relation has `sure_id_number`, the person's standard columns under `prefix`, and `_source_record_id`. -#}
{% macro registered_as_dead(relation, prefix) -%}
    {%- set dead -%}
        select * from {{ ref("stg_population__hj_persons") }}
        where status_code = '3' and not is_deleted
    {%- endset -%}
    select records._source_record_id
    from {{ relation }} as records
    inner join ({{ dead }}) as dead_by_number
        on records.sure_id_number = dead_by_number.id_number
    union
    select records._source_record_id
    from {{ relation }} as records
    inner join ({{ dead }}) as dead_by_name
        on
            records.{{ prefix }}name_standard = dead_by_name.name_standard
            and records.{{ prefix }}birth_date = dead_by_name.birth_date
    where records.sure_id_number is null
{%- endmacro %}
