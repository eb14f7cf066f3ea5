{#- Models that follow their inputs from change to change, so that a day costs what it changes.

    The lake keeps a feed of the rows that each table gained and lost. A model of the strategy `followed` asks it which
    of its keys are affected, computes the rows of those keys anew, and replaces them:

    - `follows()` is what happened since its last run, or none where the model has to be built whole: at first, when
      asked to, when a file of the project or an input was made anew, when a state in between is not kept any more, and
      when its own table is in pieces: each day adds a file of deletions that every reader has to look through.
    - Every query ends with the rows of the affected keys and a row that `_is_gone` for each key without any.
    - `remember_inputs()` is its post-hook: in the model's own transaction it notes up to where the inputs were read.

    A model of the strategy `differences` is computed whole; only rows that differ are written, so that whoever
    follows it sees no other changes. Increments and a full refresh give the same rows. On Spark all are tables. -#}
{% macro follows() -%}
    {{ return(last_followed() if execute and is_incremental() else none) }}
{%- endmacro %}

{#- dbt's own question, with one more reason to say yes. -#}
{% macro should_full_refresh() -%}
    {%- set asked = flags.FULL_REFRESH if config.get("full_refresh") is none else config.get("full_refresh") -%}
    {%- if asked or not execute or config.get("incremental_strategy") != "followed" -%}
        {{ return(asked) }}
    {%- endif -%}
    {{ return(last_followed() is none) }}
{%- endmacro %}

{#- The changes of this model's inputs that it has not seen: the first and the last state of the lake that made them,
    and what day it was at its last run. None if they are not all to be had. -#}
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

{#- Where it is noted up to which state of the lake a model has followed its inputs. -#}
{% macro followed_inputs() -%}
    {{ return(target.database ~ ".staging.followed_inputs") }}
{%- endmacro %}

{% macro lake_states() -%}
    {{ return("__ducklake_metadata_" ~ target.database ~ ".ducklake.ducklake_snapshot") }}
{%- endmacro %}

{#- What has to be as it was: the project's files, among them macros, seeds and contracts, and that no input is
    another table under the same name. -#}
{% macro inputs_digest() -%}
    (
        select project_digest() || '|' || coalesce(string_agg(cast(table_id as varchar), ',' order by table_id), '')
        from ducklake_table_info('{{ target.database }}')
        where table_name in ('{{ inputs_of(model) | join("', '") }}')
    )
{%- endmacro %}

{#- The tables that a node reads, itself or through views. -#}
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

{#- The rows that a table lost and gained in `changes`, as far as `columns` tell them apart: what was written again and
    says the same there is no change. A row that changed is there as it was and as it is. -#}
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

{#- The end of a model that follows its inputs: the rows of `relation`, and where it holds the keys that are `affected`
    alone, one that says so for each key without any. -#}
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
