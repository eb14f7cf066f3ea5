{#- Spark has no lake catalog: it reads the Parquet files of landing themselves, as external tables, and beside them
    the few tables of the lake that the platform has written out for it (`pipelines.lake.spark`). -#}
{% macro read_sources_as_parquet() -%}
    {%- set landed = [] -%}
    {%- for source in graph.sources.values() if source.source_name == "landing" and source.name != "batches" -%}
        {%- do landed.append(source) -%}
    {%- endfor -%}
    {%- for schema in ["landing", "landing_files", "quality", "identity"] -%}
        {%- do run_query("create schema if not exists " ~ schema) -%}
    {%- endfor -%}
    {%- for table in env_var("BRAIN_SPARK_TABLES").split(",") -%}
        {%- do read_handed_over(table) -%}
    {%- endfor -%}
    {%- for source in landed -%}
        {%- do read_landed(source) -%}
    {%- endfor -%}
{%- endmacro %}

{% macro read_handed_over(table) -%}
    {%- do run_query("drop table if exists " ~ table) -%}
    {%- do run_query(
        "create table " ~ table ~ " using parquet location '" ~ env_var("BRAIN_SPARK_EXCHANGE") ~ "/" ~ table ~ "'"
    ) -%}
{%- endmacro %}

{#- A landed table with the contract's columns: what a file lacks reads as null. A file whose batch is not registered
    may be a killed pull's, and is not read. -#}
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
