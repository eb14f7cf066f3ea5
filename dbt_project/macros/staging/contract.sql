{#- The generated source metadata of a landed table; empty while dbt only parses. `steps` is for the
    columns that a model carries besides the contract's. -#}
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
        "clock_tolerance_seconds": found.meta.get("clock_tolerance_seconds"),
        "late_seconds": found.meta.get("late_seconds"),
        "references": found.meta.get("references", []),
        "steps": [],
        "is_replaced": found.meta.get("content") in ["full", "period"],
        "staging": staging,
        "written": written,
    }) }}
{%- endmacro %}

{% macro is_text_column(columns, name) -%}
    {{ return(columns[name].config.meta.logical_type == "string") }}
{%- endmacro %}

{#- The registered batches of a table in order of precedence. `newest_whole_rank` is the newest batch
    that holds the whole table, or a whole period of it: older records missing from it are deleted.
    Only a table delivered by period is partitioned by period; for a full delivery, the period of a
    file merely dates it. Rows released from quarantine form a separate batch (`delta`) beside the
    full one from which they were held back.

    A full batch most of which is quarantined deletes nothing: its fault, such as codes that a
    spreadsheet turned into numbers, may lie in the very keys that would identify its records.

    `is_in_time` excludes a full batch that landed after a newer one: it was outdated when it
    arrived. -#}
{% macro landed_batches(contract, system, table_name, is_in_time=false) -%}
    {%- set of_period = "partition by period " if contract.content == "period" else "" -%}
    {%- set later = "order by batch_rank rows between 1 following and unbounded following" -%}
    select
        batch_id,
        batch_rank,
        landed_at,
        min(case when is_whole then batch_rank end) over ({{ of_period ~ later }}) as next_whole_rank,
        max(case when is_whole then batch_rank end) over ({{ of_period }}) as newest_whole_rank
    from (
        {% if is_in_time -%}
            select *
            from (
                select
                    *,
                    min(case when is_whole then landed_at end) over ({{ of_period ~ later }}) as newer_landed_at
                from ({{ ranked_batches(system, table_name) }}) as ranked
            ) as beside_newer
            where newer_landed_at is null or landed_at <= newer_landed_at
        {%- else -%}
            {{ ranked_batches(system, table_name) }}
        {%- endif %}
    ) as counted
{%- endmacro %}

{% macro ranked_batches(system, table_name) -%}
    select
        batch_id,
        landed_at,
        coalesce(period, '') as period,
        coalesce(content, 'full') <> 'delta' and coalesce(rows_quarantined <= rows, true) as is_whole,
        row_number() over (order by sequence nulls last, landed_at, batch_id) as batch_rank
    from {{ source("landing", "batches") }}
    where system = '{{ system }}' and table_name = '{{ table_name }}'
{%- endmacro %}

{#- Records of a newest batch that door 1 holds in quarantine: they exist and are not deleted. -#}
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
