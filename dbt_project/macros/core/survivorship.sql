{#- The surviving value and its source record: the first by `rank` among those with a value. -#}
{% macro survivor(column, rank, alias, condition=none) -%}
    {%- set holds = column ~ " is not null" ~ (" and " ~ condition if condition else "") -%}
    min_by({{ column }}, {{ rank }}) filter (where {{ holds }}) as {{ alias }},
        min_by(record_key, {{ rank }}) filter (where {{ holds }}) as {{ alias }}_source
{%- endmacro %}

{#- A name with a rare character lost to the source's encoding, or a Chinese name in Latin letters. -#}
{% macro is_name_unclear(name) -%}
    {{ regex_matches(name, "[?？□A-Z]") }}
{%- endmacro %}

{#- Completed years of age on a day. -#}
{% macro full_years(birth_date, day) -%}
    cast(
        extract(year from {{ day }}) - extract(year from {{ birth_date }})
        - case
            when
                extract(month from {{ day }}) * 100 + extract(day from {{ day }})
                < extract(month from {{ birth_date }}) * 100 + extract(day from {{ birth_date }})
                then 1
            else 0
        end as integer
    )
{%- endmacro %}

{#- The value of the last row, by a unique order, that has one. -#}
{% macro latest_by(column, order_column) -%}
    max_by({{ column }}, {{ order_column }}) filter (where {{ column }} is not null)
{%- endmacro %}

{#- The value of the first row, by a unique order, that has one. -#}
{% macro first_by(column, order_column) -%}
    min_by({{ column }}, {{ order_column }}) filter (where {{ column }} is not null)
{%- endmacro %}

{#- Under fourteen: their data are sensitive by law (个人信息保护法第二十八、三十一条). -#}
{% macro is_minor(birth_date) -%}
    coalesce({{ full_years(birth_date, as_of_date()) }} < {{ var("minor_age_years") }}, false)
{%- endmacro %}

{#- A value of a row with `is_minor`, for a table that must not reveal who the minors are. -#}
{% macro unless_minor(value) -%}
    case when not is_minor then {{ value }} end
{%- endmacro %}

{#- One golden record per person of `records`: each value from the record with the highest precedence
    for it, with that record's key. A number not trusted by identity, such as one set aside by a
    steward, is ignored. Every order ends with the record key, so that two runs choose the same
    value. -#}
{% macro golden_persons(records) -%}
    {%- set has_number = "id_number is not null and is_number_trusted" -%}
    select
        person_id,
        {{ survivor("name_standard", "name_rank", "name") }},
        {{ survivor("id_type_code", "authority_rank", "id_type_code", has_number) }},
        {{ survivor("id_number", "authority_rank", "id_number", has_number) }},
        {{ survivor("sex_code", "authority_rank", "sex_code", "sex_code in ('1', '2')") }},
        {{ survivor("birth_date", "authority_rank", "birth_date") }},
        {{ survivor("phone", "phone_rank", "phone") }},
        {{ survivor("hukou_no", "authority_rank", "hukou_no") }},
        {{ dbt.bool_or("says_deceased") }} as is_deceased,
        min(case when says_deceased then {{ local_date("updated_at") }} end) as deceased_on,
        {{ dbt.bool_or("not is_deleted") }} as is_active,
        max(case when not is_deleted then verified_at end) as last_verified_at,
        count(*) as record_count,
        count(distinct source_system || '.' || source_table) as source_count
    from (
        select
            *,
            {{ behind("is_deleted", "not coalesce(is_id_trusted, false)") }} + record_rank as authority_rank,
            {{ behind("is_deleted", is_name_unclear("name_standard")) }} + record_rank as name_rank,
            row_number() over (
                partition by person_id
                order by is_deleted, contact_rank, coalesce(verified_at, updated_at) desc, record_rank
            ) as phone_rank
        from (
            select
                *,
                row_number() over (
                    partition by person_id
                    order by source_rank, verified_at desc nulls last, updated_at desc, record_key
                ) as record_rank
            from {{ records }}
        ) as ordered
    ) as ranked
    group by person_id
{%- endmacro %}

{#- A rank penalty: rows with `first` sort behind all others, and rows with `second` behind the rest
    of their group. A separate window for each such order would sort all records again. -#}
{% macro behind(first, second) -%}
    cast(case when {{ first }} then 2 else 0 end + case when {{ second }} then 1 else 0 end as bigint) * 1000000000
{%- endmacro %}
