{#- Records of `relation` whose person already has an earlier record in the same scope.

    Two records are one person if they agree in one of `keys`; a key is a list of columns that must
    all be filled. `scope` and `order_by` are SQL texts: what a person may occur in only once, and
    which record is the earlier one. -#}
{% macro repeated_persons(relation, scope, order_by, keys) -%}
    select distinct later._source_record_id
    from ({{ person_keys(relation, scope, order_by, keys) }}) as later
    inner join ({{ person_keys(relation, scope, order_by, keys) }}) as earlier
        on later.scope = earlier.scope and later.person_key = earlier.person_key
    where earlier.place < later.place
{%- endmacro %}

{% macro person_keys(relation, scope, order_by, keys) -%}
    {%- for key in keys %}
        {%- set parts = [] -%}
        {%- for column in key -%}
            {%- do parts.append("cast(" ~ column ~ " as " ~ text_type() ~ ")") -%}
        {%- endfor %}
        select
            _source_record_id,
            {{ scope }} as scope,
            {{ order_by }} as place,
            '{{ loop.index }}|' || {{ parts | join(" || '|' || ") }} as person_key
        from {{ relation }}
        where {{ key | join(" is not null and ") }} is not null
        {{ "union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}
