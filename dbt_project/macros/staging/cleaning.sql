{#- CTEs that end in `cleaned`: the rows of a relation with their persons, address and written values
    in standard form beside the original columns. `landed` is the landed rows they come from. -#}
{% macro cleaned_rows(contract, relation_name, landed) -%}
    {%- set relation = namespace(name=relation_name) -%}
    {%- for person in contract.staging.get("person", []) -%}
        person_{{ loop.index }} as (

            {{ with_person_standard(relation.name, contract, person, loop.index) }}

        ),

        {% set relation.name = "person_" ~ loop.index -%}
    {%- endfor -%}
    {%- if contract.staging.address -%}
        addresses as (

            {{ parsed_addresses(relation.name, contract.staging.address.column, landed) }}

        ),

        {% set relation.name = "addresses" -%}
    {%- endif -%}
    cleaned as (

        select
            *
            {%- for column, kind in contract.written.items() %},
            {{ value_from_writing(kind, column) }} as _clean_{{ column }}
            {%- endfor %}
        from {{ relation.name }}

    )
{%- endmacro %}

{#- The rows of `relation` with one person of the contract in standard form, as _person<n>_…, and
    without the intermediate columns, so that another person can follow. -#}
{% macro with_person_standard(relation, contract, person, number) -%}
    {%- set carried = contract.columns.keys() | list + contract.steps -%}
    {%- for before in range(1, number) -%}
        {%- for name in person_outputs() -%}
            {%- do carried.append("_person" ~ before ~ "_" ~ name) -%}
        {%- endfor -%}
        {%- do carried.append("_person" ~ before ~ "_findings") -%}
    {%- endfor -%}
    {#- A person's fields are read as text, even if the source stores a birth date as a date. -#}
    {%- set texts = [] -%}
    {%- for column in carried -%}
        {%- set is_other = column in person.values() and not is_text_column(contract.columns, column) -%}
        {%- do texts.append("cast(" ~ column ~ " as " ~ text_type() ~ ") as " ~ column if is_other else column) -%}
    {%- endfor -%}
    {%- set relation_of_texts = "(select " ~ texts | join(", ") ~ " from " ~ relation ~ ") as texts" -%}
    {%- set nothing = "cast(null as " ~ text_type() ~ ")" -%}
    select
        {{ carried | join(",\n        ") }},
        {{ person_standard_columns(
            person.get("name", nothing), person.get("id_type_code", nothing), "_person" ~ number ~ "_"
        ) }},
        case
            when
                id_number_status = 'missing' and name_standard is null
                and not coalesce({{ is_name_too_long(person.get("name", nothing)) }}, false)
                then {{ no_findings() }}
            else person_findings
        end as _person{{ number }}_findings
    from ({{ standardised_persons(relation_of_texts, person) }}) as standardised
{%- endmacro %}

{% macro person_outputs() -%}
    {{ return([
        "id_type_code", "id_number", "id_number_unverified", "id_number_status", "is_id_doubtful",
        "name_raw", "name_standard", "sex_code", "birth_date", "phone",
    ]) }}
{%- endmacro %}

{% macro address_outputs() -%}
    {{ return([
        "address_county", "address_town", "address_community", "address_road", "address_estate",
        "address_building", "address_unit", "address_room", "address_level",
    ]) }}
{%- endmacro %}
