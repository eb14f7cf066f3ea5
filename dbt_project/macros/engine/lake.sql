{#- Fsync this model's Parquet files, inside its transaction. -#}
{% macro make_durable(relation) -%}
    {{ return(adapter.dispatch("make_durable", "community_brain")(relation)) }}
{%- endmacro %}

{% macro duckdb__make_durable(relation) -%}
    select sync_new_lake_files('{{ relation.schema }}')
{%- endmacro %}

{% macro default__make_durable(relation) -%}
{%- endmacro %}

{#- Creates what models need before the first one of a run. -#}
{% macro prepare_lake() -%}
    {%- if execute and flags.WHICH in ("build", "run") -%}
        {{ return(adapter.dispatch("prepare_lake", "community_brain")()) }}
    {%- endif -%}
{%- endmacro %}

{#- The tables of incremental state: consumed batches, followed snapshots, and staged contracts. -#}
{% macro duckdb__prepare_lake() -%}
    {% do run_query("create schema if not exists " ~ target.database ~ ".staging") %}
    {% do run_query("create table if not exists " ~ consumed_batches() ~ " (model varchar, batch_id varchar)") %}
    {% do run_query(
        "create table if not exists " ~ followed_inputs()
        ~ " (model varchar, lake_snapshot bigint, inputs varchar, as_of date)"
    ) %}
    {% do run_query("create table if not exists " ~ staged_contracts() ~ " (model varchar, digest varchar)") %}
    {% do read_staged_contracts() %}
{%- endmacro %}

{% macro spark__prepare_lake() -%}
    {% do read_sources_as_parquet() %}
{%- endmacro %}

{% macro consumed_batches() -%}
    {{ return(target.database ~ ".staging.consumed_batches") }}
{%- endmacro %}

{#- The lake snapshot that a model was built from, as a scalar expression; null without a lake. -#}
{% macro lake_snapshot() -%}
    {{ return(adapter.dispatch("lake_snapshot", "community_brain")()) }}
{%- endmacro %}

{% macro duckdb__lake_snapshot() -%}
    (select id from {{ target.database }}.current_snapshot())
{%- endmacro %}

{% macro default__lake_snapshot() -%}
    null
{%- endmacro %}

{#- A materialization other than table. On Spark every model is a table: Parquet cannot be updated
    there, readers of Spark's files see no views, and Spark plans a query again for each reference.
    Staging models say the same in `dbt_project.yml`, which cannot call macros. -#}
{% macro kept_as(materialized) -%}
    {{ return("table" if target.type == "spark" else materialized) }}
{%- endmacro %}
