{#- A staging model from what its contract says, in one line: `staged_records("health", "booking")`.

    One row per source record, its newest version: by `order_by`, else by the order of the batches. Where a batch
    holds everything (`full`) or everything of a period, a record that the newest such batch does not have is
    deleted. Values are cleaned as the contract's `staging` says, and every repair or doubt is in `_findings`.
    Increments and a full refresh give the same rows. -#}
{% macro staged_records(system, table_name) -%}
    {%- set contract = landed_contract(system, table_name) -%}
    {%- set persons = contract.staging.get("person", []) -%}
    with

    batches as (

        {{ landed_batches(system, table_name) }}

    ),

    {% if contract.is_replaced -%}
        held_back as (

            {{ held_back_records(system, table_name) }}

        ),

    {% endif -%}
    source as (

        {{ new_landed_rows(system, table_name) }}

    ),

    newest as (

        {{ newest_landed_versions(contract) }}

    ),

    {% set relation = namespace(name="newest") -%}
    {%- for person in persons -%}
        person_{{ loop.index }} as (

            {{ with_person_standard(relation.name, contract, person, loop.index) }}

        ),

        {% set relation.name = "person_" ~ loop.index -%}
    {%- endfor -%}
    {%- if contract.staging.address -%}
        addresses as (

            {{ parsed_addresses(relation.name, contract.staging.address.column) }}

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

    ),

    staged as (

        select
            {% for column in staged_columns(contract) -%}
                {{ column.value }}{{ "" if column.value == column.name else " as " ~ column.name }}{{ "," if not loop.last }}
            {% endfor -%}
        from cleaned

    )
    {%- if contract.is_replaced and is_incremental() %},

    -- Staged before, and no longer in the newest batch, or back in it.
    changed_by_absence as (

        {{ changed_by_absence(contract) }}

    )

    select * from staged
    union all
    select * from changed_by_absence
    {%- else %}

    select * from staged
    {%- endif %}
{%- endmacro %}

{#- What the generated sources say about a landed table; empty while dbt only looks for dependencies. -#}
{% macro landed_contract(system, table_name) -%}
    {%- do source("quality", "quarantine") -%}
    {%- set found = namespace(meta={}, columns={}) -%}
    {%- if execute -%}
        {%- for node in graph.sources.values() if node.source_name == "landing" and node.name == system ~ "__" ~ table_name -%}
            {%- set found.meta = node.config.meta -%}
            {%- set found.columns = node.columns -%}
        {%- endfor -%}
        {%- if not found.meta.get("content") -%}
            {%- do exceptions.raise_compiler_error(
                "No contract describes landing." ~ system ~ "__" ~ table_name
                ~ ". Write the dbt sources again with: brain sources write"
            ) -%}
        {%- endif -%}
    {%- endif -%}
    {%- set staging = found.meta.get("staging", {}) -%}
    {%- set written = {} -%}
    {%- for kind in ["dates", "months", "timestamps", "numbers", "texts", "credit_codes"] -%}
        {%- for column in staging.get(kind, []) if is_text_column(found.columns, column) -%}
            {%- do written.update({column: kind}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return({
        "columns": found.columns,
        "content": found.meta.get("content"),
        "deleted_flag": found.meta.get("deleted_flag"),
        "references": found.meta.get("references", []),
        "is_replaced": found.meta.get("content") in ["full", "period"],
        "staging": staging,
        "written": written,
    }) }}
{%- endmacro %}

{% macro is_text_column(columns, name) -%}
    {{ return(columns[name].config.meta.logical_type == "string") }}
{%- endmacro %}

{#- The registered batches of a table in the order in which they count. `newest_whole_rank` is the newest batch that
    holds all of the table, or all of the same period: what is older and not in it is gone. Rows that were released
    from quarantine are a batch of their own (`delta`) beside the whole from which they were held back. -#}
{% macro landed_batches(system, table_name) -%}
    select
        batch_id,
        batch_rank,
        max(case when is_whole then batch_rank end) over (partition by period) as newest_whole_rank
    from (
        select
            batch_id,
            coalesce(period, '') as period,
            coalesce(content, 'full') <> 'delta' as is_whole,
            row_number() over (order by coalesce(period, ''), sequence, landed_at, batch_id) as batch_rank
        from {{ source("landing", "batches") }}
        where system = '{{ system }}' and table_name = '{{ table_name }}'
    ) as ranked
{%- endmacro %}

{#- Records that door 1 holds in quarantine out of a newest batch: they are there, and not deleted. -#}
{% macro held_back_records(system, table_name) -%}
    select distinct quarantined.source_record_id
    from {{ source("quality", "quarantine") }} as quarantined
    inner join batches
        on quarantined.batch_id = batches.batch_id
    where
        batches.batch_rank = batches.newest_whole_rank
        and quarantined.system = '{{ system }}'
        and quarantined.table_name = '{{ table_name }}'
        and quarantined.source_record_id is not null
{%- endmacro %}

{#- One row per record: its newest version of those read now, unless a newer one is staged already. -#}
{% macro newest_landed_versions(contract) -%}
    {%- set order_by = contract.staging.get("order_by") -%}
    {%- set order = ["_batch_rank"] -%}
    {%- if order_by -%}
        {%- set order = ["_batch_rank", order_by] if contract.is_replaced else [order_by, "_batch_rank"] -%}
    {%- endif -%}
    select ranked.*
    from (
        select
            *,
            row_number() over (
                partition by _source_record_id
                order by {{ order | join(" desc, ") }} desc, {{ row_digest(contract.columns) }}
            ) as _version_rank
        from (
            select
                source.*,
                {% if contract.is_replaced -%}
                    count(*) over (partition by source._source_record_id, source._batch_id) as _copies_in_batch,
                    batches.batch_rank < batches.newest_whole_rank as _is_superseded,
                {% endif -%}
                batches.batch_rank as _batch_rank
            from source
            inner join batches
                on source._batch_id = batches.batch_id
        ) as landed
    ) as ranked
    {% if is_incremental() -%}
        left join {{ this }} as present
            on ranked._source_record_id = present._source_record_id
        left join batches as present_batches
            on present._batch_id = present_batches.batch_id
    {% endif -%}
    where
        ranked._version_rank = 1
        {% if is_incremental() -%}
            and (
                present_batches.batch_rank is null
                {% if order_by and not contract.is_replaced -%}
                    or ranked.{{ order_by }} > present.updated_at
                    or (ranked.{{ order_by }} = present.updated_at and ranked._batch_rank > present_batches.batch_rank)
                {%- else -%}
                    or ranked._batch_rank > present_batches.batch_rank
                {%- endif %}
            )
        {%- endif %}
{%- endmacro %}

{#- The rows of `relation` with one person of the contract in standard form, as _person<n>_…, and without the
    columns that are working steps, so that a second person can follow. -#}
{% macro with_person_standard(relation, contract, person, number) -%}
    {%- set carried = contract.columns.keys() | list + ["_batch_rank", "_source_record_id", "_batch_id", "_landed_at"] -%}
    {%- if contract.is_replaced -%}
        {%- set carried = carried + ["_copies_in_batch", "_is_superseded"] -%}
    {%- endif -%}
    {%- for before in range(1, number) -%}
        {%- for name in person_outputs() -%}
            {%- do carried.append("_person" ~ before ~ "_" ~ name) -%}
        {%- endfor -%}
        {%- do carried.append("_person" ~ before ~ "_findings") -%}
    {%- endfor -%}
    {#- A person's fields are read as texts, also where the source keeps a date of birth as a date. -#}
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
            when id_number_status = 'missing' and name_standard is null then {{ no_findings() }}
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

{#- The columns of a staged row, in order: their names and their values in terms of `cleaned`. -#}
{% macro staged_columns(contract) -%}
    {%- set columns = [] -%}
    {%- set persons = contract.staging.get("person", []) -%}
    {%- for column in contract.columns if column not in columns_read_apart(contract) -%}
        {%- do columns.extend(own_column(contract, column)) -%}
    {%- endfor -%}
    {%- for person in persons -%}
        {%- set number = loop.index -%}
        {%- for name in person_outputs() -%}
            {%- do columns.append({"name": person.prefix ~ name, "value": "_person" ~ number ~ "_" ~ name}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if contract.staging.address -%}
        {%- for name in address_outputs() -%}
            {%- do columns.append({"name": name, "value": name}) -%}
        {%- endfor -%}
        {%- do columns.append({"name": "address_key", "value": address_key()}) -%}
    {%- endif -%}
    {%- for reference in contract.references if reference.name not in contract.columns -%}
        {%- do columns.append({"name": reference.name, "value": record_id_of(reference.columns)}) -%}
    {%- endfor -%}
    {%- do columns.append({"name": "updated_at", "value": contract.staging.get("order_by") or "_landed_at"}) -%}
    {%- if contract.is_replaced and contract.deleted_flag -%}
        {%- do columns.append({"name": "is_flagged_deleted", "value": is_flagged(contract)}) -%}
    {%- endif -%}
    {%- do columns.append({"name": "is_deleted", "value": is_deleted(contract)}) -%}
    {%- for name in ["_source_record_id", "_batch_id", "_landed_at"] -%}
        {%- do columns.append({"name": name, "value": name}) -%}
    {%- endfor -%}
    {%- do columns.append({"name": "_findings", "value": record_findings(contract)}) -%}
    {{ return(columns) }}
{%- endmacro %}

{#- Columns that do not appear under their own name: a person's, the order and the mark of deletion. -#}
{% macro columns_read_apart(contract) -%}
    {%- set names = [contract.staging.get("order_by"), contract.deleted_flag] -%}
    {%- for person in contract.staging.get("person", []) -%}
        {%- for field, column in person.items() if field != "prefix" -%}
            {%- do names.append(column) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{#- A column of the source in its cleaned form; a credit code becomes three. -#}
{% macro own_column(contract, column) -%}
    {%- set kind = contract.written.get(column) -%}
    {%- set clean = "_clean_" ~ column -%}
    {%- if kind == "credit_codes" -%}
        {%- set status = credit_code_status(clean) -%}
        {{ return([
            {"name": column, "value": "case when " ~ status ~ " = 'valid' then " ~ clean ~ " end"},
            {
                "name": column ~ "_unverified",
                "value": "case when " ~ status ~ " <> 'valid' then " ~ credit_code_unverified(clean) ~ " end",
            },
            {"name": column ~ "_status", "value": status},
        ]) }}
    {%- elif kind -%}
        {{ return([{"name": column, "value": clean}]) }}
    {%- elif is_text_column(contract.columns, column) -%}
        {{ return([{"name": column, "value": "nullif(" ~ column ~ ", '')"}]) }}
    {%- endif -%}
    {{ return([{"name": column, "value": column}]) }}
{%- endmacro %}

{#- The key of another table's record, in the writing of `_source_record_id`. -#}
{% macro record_id_of(columns) -%}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- do parts.append("cast(" ~ column ~ " as " ~ text_type() ~ ")") -%}
    {%- endfor -%}
    {{ return(parts | join(" || '|' || ")) }}
{%- endmacro %}

{% macro is_deleted(contract) -%}
    {%- set absent = "_is_superseded and _source_record_id not in (select source_record_id from held_back)" -%}
    {%- if contract.is_replaced -%}
        {{ return("(" ~ absent ~ (" or " ~ is_flagged(contract) if contract.deleted_flag else "") ~ ")") }}
    {%- endif -%}
    {{ return(is_flagged(contract) if contract.deleted_flag else "false") }}
{%- endmacro %}

{#- What the source's own mark of deletion says, as a boolean or in a clerk's words. -#}
{% macro is_flagged(contract) -%}
    {%- if is_text_column(contract.columns, contract.deleted_flag) -%}
        {{ return("coalesce(lower(trim(" ~ contract.deleted_flag ~ ")) in ('1', 'true', 't', 'y', 'yes', 'd', 'delete', '是', '删除', '已删除'), false)") }}
    {%- endif -%}
    {{ return("coalesce(cast(" ~ contract.deleted_flag ~ " as boolean), false)") }}
{%- endmacro %}

{#- Rows staged earlier whose deletion follows from a batch in which they are not. -#}
{% macro changed_by_absence(contract) -%}
    {%- set flagged = " or present.is_flagged_deleted" if contract.deleted_flag else "" -%}
    {%- set present_columns = adapter.get_columns_in_relation(this) | map(attribute="name") | list -%}
    select
        {% for column in staged_columns(contract) -%}
            {%- if column.name == "is_deleted" -%}
                not present.is_deleted as is_deleted
            {%- elif column.name in present_columns -%}
                present.{{ column.name }}
            {%- else -%}
                null as {{ column.name }}
            {%- endif -%}
            {{ "," if not loop.last }}
        {% endfor -%}
    from {{ this }} as present
    inner join batches
        on present._batch_id = batches.batch_id
    left join held_back
        on present._source_record_id = held_back.source_record_id
    left join staged
        on present._source_record_id = staged._source_record_id
    where
        staged._source_record_id is null
        and present.is_deleted <> ((batches.batch_rank < batches.newest_whole_rank and held_back.source_record_id is null){{ flagged }})
{%- endmacro %}
