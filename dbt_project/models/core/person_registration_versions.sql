{{ config(materialized=kept_as("ephemeral")) }}

{#- Every version of every registration of residents and floating persons, including minors. -#}
{%- set registers = [("hj_person", "person_no"), ("ld_person", "floater_no")] -%}
with

{% for source_table, registration_no in registers -%}
    {{ source_table }} as (

        select
            '{{ source_table }}' as source_table,
            {{ registration_no }} as registration_no,
            id_number,
            id_number_status,
            name_standard as name,
            sex_code,
            birth_date,
            phone,
            residence_house_code,
            community_code,
            grid_code,
            status_code,
            version_number,
            version_from as valid_from,
            version_to as valid_to,
            is_current,
            known_from,
            known_to
        from {{ ref("stg_population__" ~ source_table ~ "_versions") }}

    ),

{% endfor -%}

versions as (

    {% for source_table, _ in registers -%}
        select * from {{ source_table }}
        {%- if not loop.last %}
            union all
        {% endif -%}
    {%- endfor %}

)

select
    *,
    {{ is_minor("coalesce(birth_date, " ~ identity_birth_date("id_number") ~ ")") }} as is_minor
from versions
