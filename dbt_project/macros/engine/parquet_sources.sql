{#- Spark has no lake catalog: it reads landing's Parquet files as external tables, and the few
    tables that the platform has exported for it (`pipelines.lake.spark`). Only what the models of
    this run read is declared, since each declaration queries the metastore. -#}
{% macro read_sources_as_parquet() -%}
    {%- set wanted = sources_of_selected_models() -%}
    {%- for schema in ["landing", "landing_files", "quality", "identity"] -%}
        {%- do run_query("create schema if not exists " ~ schema) -%}
    {%- endfor -%}
    {%- for source in wanted if not is_landed(source) -%}
        {%- do read_handed_over(source) -%}
    {%- endfor -%}
    {%- for source in wanted if is_landed(source) -%}
        {%- do read_landed(source) -%}
    {%- endfor -%}
{%- endmacro %}

{% macro sources_of_selected_models() -%}
    {%- set wanted = [] -%}
    {%- for unique_id in selected_resources if unique_id in graph.nodes -%}
        {%- for parent in graph.nodes[unique_id].depends_on.nodes if parent in graph.sources -%}
            {%- do wanted.append(graph.sources[parent]) if graph.sources[parent] not in wanted -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(wanted) }}
{%- endmacro %}

{% macro is_landed(source) -%}
    {{ return(source.source_name == "landing" and source.name != "batches") }}
{%- endmacro %}

{% macro read_handed_over(source) -%}
    {%- set table = source.schema ~ "." ~ source.identifier -%}
    {%- do run_query("drop table if exists " ~ table) -%}
    {%- do run_query(
        "create table " ~ table ~ " using parquet location '" ~ env_var("BRAIN_SPARK_EXCHANGE") ~ "/" ~ table ~ "'"
    ) -%}
{%- endmacro %}

{#- A landed table with the contract's columns; columns missing from a file read as null. Files of
    unregistered batches are not read, as they may be left over from a killed pull. -#}
{% macro read_landed(source) -%}
    {%- set columns = [] -%}
    {%- for column in source.columns.values() -%}
        {%- do columns.append("`" ~ column.name ~ "` " ~ spark_type(column.data_type)) -%}
    {%- endfor -%}
    {%- do columns.extend(
        ["_batch_id string", "_source_system string", "_source_record_id string", "_landed_at timestamp"]
    ) -%}
    {%- set files = "landing_files." ~ source.name -%}
    {%- set meta = source.config.meta -%}
    {%- do run_query("drop table if exists " ~ files) -%}
    {%- do run_query(
        "create table " ~ files ~ " (" ~ columns | join(", ") ~ ") using parquet location '"
        ~ env_var("BRAIN_LANDING") ~ "/" ~ meta.system ~ "/" ~ meta.table ~ "'"
    ) -%}
    {%- do run_query(
        "create or replace view landing." ~ source.name ~ " as select * from " ~ files
        ~ " where _batch_id in (select batch_id from landing.batches)"
    ) -%}
{%- endmacro %}

{% macro spark_type(data_type) -%}
    {{ return({"varchar": "string", "timestamp with time zone": "timestamp"}.get(data_type, data_type)) }}
{%- endmacro %}
