{#- Records of `relation` whose person is dead according to some register, by number, else by name
    and birth date.

    The relation has `sure_id_number`, the person's standard columns under `prefix`, and
    `_source_record_id`. -#}
{% macro registered_as_dead(relation, prefix="") -%}
    select records._source_record_id
    from {{ relation }} as records
    inner join ({{ recorded_deaths() }}) as dead_by_number
        on records.sure_id_number = dead_by_number.sure_id_number
    union
    select records._source_record_id
    from {{ relation }} as records
    inner join ({{ recorded_deaths() }}) as dead_by_name
        on
            records.{{ prefix }}name_standard = dead_by_name.name_standard
            and records.{{ prefix }}birth_date = dead_by_name.birth_date
    where records.sure_id_number is null
{%- endmacro %}

{#- (sure_id_number, name_standard, birth_date) of the dead: each register knows of deaths that the
    others lack. -#}
{% macro recorded_deaths() -%}
    {%- set registers = [
        (ref("stg_population__hj_persons"), "", "3"),
        (ref("stg_elder_care__elders"), "elder_", "3"),
        (ref("stg_health__ehr_indexes"), "resident_", "2"),
    ] -%}
    {% for register, prefix, deceased_code in registers -%}
        select
            {{ sure_id_number(prefix) }} as sure_id_number,
            {{ prefix }}name_standard as name_standard,
            {{ prefix }}birth_date as birth_date
        from {{ register }}
        where status_code = '{{ deceased_code }}' and not is_deleted
        {{ "union all" if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#- A person's number if it is valid and the record does not contradict it; else null. -#}
{% macro sure_id_number(prefix="") -%}
    case when {{ prefix }}id_number_status = 'valid' and not {{ prefix }}is_id_doubtful then {{ prefix }}id_number end
{%- endmacro %}
