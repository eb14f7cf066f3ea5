{#- Incremental models driven by the change feed, so that a day costs only what it changes.

    The lake keeps a change feed of rows inserted and deleted per table. A model with the strategy
    `followed` reads from it which of its keys are affected, recomputes the rows of those keys, and
    replaces them:

    - `follows()` returns the changes since the model's last run, or none if it must be built in
     full: on the first run, on request, if a project file has changed or an input was recreated, if
     a snapshot in between has expired, or if its own table is fragmented: each day adds a file of
     deletions that every reader has to scan.
    - Every query returns the rows of the affected keys, and a row with `_is_gone` for each key that
     has none left.
    - `remember_inputs()` is its post-hook: it records the high-water mark of the inputs in the
     model's own transaction.

    A model with the strategy `differences` is computed in full, but only rows that differ are
    written, so that models following it see no other changes. Increments and a full refresh give the
    same rows. On Spark all models are tables. -#}
{% macro follows() -%}
    {{ return(last_followed() if execute and is_incremental() else none) }}
{%- endmacro %}

{#- dbt's own check, with two more reasons for a full refresh. -#}
{% macro should_full_refresh() -%}
    {%- set asked = flags.FULL_REFRESH if config.get("full_refresh") is none else config.get("full_refresh") -%}
    {%- if asked or not execute -%}
        {{ return(asked) }}
    {%- endif -%}
    {%- if config.get("incremental_strategy") == "followed" -%}
        {{ return(last_followed() is none) }}
    {%- endif -%}
    {{ return(is_staged_otherwise()) }}
{%- endmacro %}

{#- The unseen changes of this model's inputs: the first and last snapshot that made them, and the
    date of its last run. None if they are no longer available in full. -#}
{% macro last_followed() -%}
    {%- set query -%}
        select
            followed.lake_snapshot + 1,
            present.id,
            followed.as_of
        from {{ followed_inputs() }} as followed
        cross join {{ target.database }}.current_snapshot() as present
        where
            followed.model = '{{ this.identifier }}'
            and followed.lake_snapshot = (
                select max(newest.lake_snapshot)
                from {{ followed_inputs() }} as newest
                where newest.model = followed.model
            )
            and followed.inputs = {{ inputs_digest() }}
            and (
                select own.delete_file_count
                from ducklake_table_info('{{ target.database }}') as own
                where own.table_name = followed.model
            ) < {{ var("most_deletion_files") }}
            and present.id - followed.lake_snapshot + 1 = (
                select count(*)
                from {{ lake_states() }} as states
                where states.snapshot_id between followed.lake_snapshot and present.id
            )
    {%- endset -%}
    {%- set found = run_query(query).rows -%}
    {{ return({"first": found[0][0], "last": found[0][1], "as_of": found[0][2]} if found | length == 1 else none) }}
{%- endmacro %}

{#- The table that records up to which snapshot each model has followed its inputs. -#}
{% macro followed_inputs() -%}
    {{ return(target.database ~ ".staging.followed_inputs") }}
{%- endmacro %}

{% macro lake_states() -%}
    {{ return("__ducklake_metadata_" ~ target.database ~ ".ducklake.ducklake_snapshot") }}
{%- endmacro %}

{#- A digest of what must be unchanged: the project's files, including macros, seeds and contracts,
    and the identity of the input tables behind their names. -#}
{% macro inputs_digest() -%}
    (
        select project_digest() || '|' || coalesce(string_agg(cast(table_id as varchar), ',' order by table_id), '')
        from ducklake_table_info('{{ target.database }}')
        where table_name in ('{{ inputs_of(model) | join("', '") }}')
    )
{%- endmacro %}

{#- The tables that a node reads, directly or through views. -#}
{% macro inputs_of(node) -%}
    {%- set found = [] -%}
    {%- for parent in node.depends_on.nodes -%}
        {%- if parent in graph.sources -%}
            {%- do found.append(graph.sources[parent].identifier) -%}
        {%- elif graph.nodes[parent].config.materialized in ("view", "ephemeral") -%}
            {%- do found.extend(inputs_of(graph.nodes[parent])) -%}
        {%- elif graph.nodes[parent].resource_type == "model" -%}
            {%- do found.append(graph.nodes[parent].name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found | unique | list) }}
{%- endmacro %}

{% macro remember_inputs() -%}
    {{ return(adapter.dispatch("remember_inputs", "community_brain")()) }}
{%- endmacro %}

{% macro duckdb__remember_inputs() -%}
    insert into {{ followed_inputs() }}
    select
        '{{ this.identifier }}' as model,
        present.id as lake_snapshot,
        {{ inputs_digest() }} as inputs,
        {{ as_of_date() }} as as_of
    from {{ target.database }}.current_snapshot() as present
{%- endmacro %}

{% macro default__remember_inputs() -%}
{%- endmacro %}

{#- The rows that a table lost and gained in `changes`, as far as `columns` distinguish them: rows
    rewritten with the same values are not changes. A changed row appears in its old and its new
    version. -#}
{% macro changed_rows(relation, columns, changes) -%}
    {%- set columns = columns | join(", ") -%}
    {%- if changes.first > changes.last -%}
        select {{ columns }} from {{ relation }} where false
    {%- else -%}
        select {{ columns }}
        from (
            {%- for kind, sign in [("deletions", "-1"), ("insertions", "1")] %}
                select {{ columns }}, {{ sign }} as _sign
                from ducklake_table_{{ kind }}(
                    '{{ relation.database }}', '{{ relation.schema }}', '{{ relation.identifier }}',
                    {{ changes.first }}, {{ changes.last }}
                )
                {{ "union all" if not loop.last }}
            {%- endfor %}
        ) as moved
        group by {{ columns }}
        having sum(_sign) <> 0
    {%- endif -%}
{%- endmacro %}

{% macro get_incremental_followed_sql(arguments) -%}
    {%- set columns = get_quoted_csv(arguments.dest_columns | map(attribute="name")) -%}
    {%- set key = unique_key_columns(arguments) -%}
    delete from {{ arguments.target_relation }}
    where ({{ key }}) in (select ({{ key }}) from {{ arguments.temp_relation }});
    insert into {{ arguments.target_relation }} ({{ columns }})
    select {{ columns }} from {{ arguments.temp_relation }} where not _is_gone
{%- endmacro %}

{% macro get_incremental_differences_sql(arguments) -%}
    {%- set columns = get_quoted_csv(arguments.dest_columns | map(attribute="name")) -%}
    {%- set key = unique_key_columns(arguments) -%}
    {%- set target, computed = arguments.target_relation, arguments.temp_relation -%}
    create or replace temp table _fresh as
    select {{ columns }} from {{ computed }} except select {{ columns }} from {{ target }};
    create or replace temp table _stale as
    select {{ key }} from {{ target }} except select {{ key }} from {{ computed }}
    union all
    select {{ key }} from _fresh;
    delete from {{ target }} where ({{ key }}) in (select ({{ key }}) from _stale);
    insert into {{ target }} ({{ columns }}) select {{ columns }} from _fresh
{%- endmacro %}

{% macro unique_key_columns(arguments) -%}
    {%- set key = arguments.unique_key -%}
    {{ return(key if key is string else key | join(", ")) }}
{%- endmacro %}

{#- The final select of a model that follows its inputs: the rows of `relation` and, if it holds only
    `affected` keys, a row with `_is_gone` for each key that has none. -#}
{% macro rows_of_affected(relation, key, changes) -%}
    {%- set keys = [key] if key is string else key -%}
    {%- if not changes -%}
        select * from {{ relation }}
    {%- else -%}
        select
            {{ relation }}.* replace (
                {%- for key in keys %}affected.{{ key }} as {{ key }}{{ ", " if not loop.last }}{% endfor -%}
            ),
            {{ relation }}.{{ keys[0] }} is null as _is_gone
        from affected
        left join {{ relation }}
            on
                {% for key in keys -%}
                    affected.{{ key }} = {{ relation }}.{{ key }}{{ " and " if not loop.last }}
                {%- endfor %}
    {%- endif -%}
{%- endmacro %}
