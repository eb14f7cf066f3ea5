{{ config(materialized=kept_as("view")) }}

{#- The source record and survivorship rule of each golden value. Keys only: the value itself is in
   dim_persons. -#}
{%- set rules = {
    "name": "AUTHORITY", "id_number": "AUTHORITY", "sex_code": "AUTHORITY", "birth_date": "AUTHORITY",
    "hukou_no": "AUTHORITY", "phone": "RECENCY", "residence": "VERIFICATION",
} -%}
with

persons as (

    select * from {{ ref("dim_persons") }}

),

sources as (

    select * from {{ ref("person_sources") }}

),

origins as (

    {% for field, rule in rules.items() -%}
        select
            person_id,
            '{{ field }}' as field_code,
            '{{ rule }}' as rule_code,
            {{ field }}_source as record_key
        from persons
        where {{ field }}_source is not null
        {% if not loop.last -%}
            union all
        {% endif -%}
    {%- endfor %}

),

split as (

    select
        *,
        split_part(record_key, '|', 1) as source_system,
        split_part(record_key, '|', 2) as source_table
    from origins

)

select
    split.person_id,
    split.field_code,
    split.rule_code,
    split.record_key,
    split.source_system,
    split.source_table,
    case split.rule_code when 'RECENCY' then sources.contact_rank else sources.authority_rank end as source_rank
from split
inner join sources
    on split.source_system = sources.source_system and split.source_table = sources.source_table
