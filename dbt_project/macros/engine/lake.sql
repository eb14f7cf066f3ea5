{#- Force the Parquet files of this model to disk, inside its transaction. -#}
{% macro make_durable(relation) -%}
    {{ return(adapter.dispatch("make_durable", "community_brain")(relation)) }}
{%- endmacro %}

{% macro duckdb__make_durable(relation) -%}
    select sync_new_lake_files('{{ relation.schema }}')
{%- endmacro %}

{% macro default__make_durable(relation) -%}
{%- endmacro %}

{#- What models need before the first one of a run. -#}
{% macro prepare_lake() -%}
    {%- if execute and flags.WHICH in ("build", "run") -%}
        {{ return(adapter.dispatch("prepare_lake", "community_brain")()) }}
    {%- endif -%}
{%- endmacro %}

{#- Where increments keep what they have read: which batches, and up to which state of the lake. -#}
{% macro duckdb__prepare_lake() -%}
    {% do run_query("create schema if not exists " ~ target.database ~ ".staging") %}
    {% do run_query("create table if not exists " ~ consumed_batches() ~ " (model varchar, batch_id varchar)") %}
    {% do run_query(
        "create table if not exists " ~ followed_inputs()
        ~ " (model varchar, lake_snapshot bigint, inputs varchar, as_of date)"
    ) %}
{%- endmacro %}

{% macro spark__prepare_lake() -%}
    {% do read_sources_as_parquet() %}
{%- endmacro %}

{% macro consumed_batches() -%}
    {{ return(target.database ~ ".staging.consumed_batches") }}
{%- endmacro %}

{#- The snapshot of the lake that a model was built from: a scalar expression, null where there is no lake. -#}
{% macro lake_snapshot() -%}
    {{ return(adapter.dispatch("lake_snapshot", "community_brain")()) }}
{%- endmacro %}

{% macro duckdb__lake_snapshot() -%}
    (select id from {{ target.database }}.current_snapshot())
{%- endmacro %}

{% macro default__lake_snapshot() -%}
    null
{%- endmacro %}

{#- How a model is kept, other than as a table. On Spark all are tables: Parquet there cannot be updated, whoever
    reads the files of Spark sees no view, and Spark plans a query again wherever it is mentioned. Staging models say
    the same in `dbt_project.yml`, which calls no macro. -#}
{% macro kept_as(materialized) -%}
    {{ return("table" if target.type == "spark" else materialized) }}
{%- endmacro %}
