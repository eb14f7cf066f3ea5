{#- Spark plans a CTE again for each reference, so one that doubles in each of six rounds is planned
    sixty-four times; DuckDB computes it once. A model therefore lists the CTEs that Spark must
    materialise in `meta.computed_once`: each becomes a table before the model that reads it. The
    text is split by the project's formatting: a CTE begins and ends at the start of a line. -#}
{% macro spark__create_table_as(temporary, relation, compiled_code, language="sql") -%}
    {%- set query = namespace(text=compiled_code) -%}
    {%- for name in config.get("meta", {}).get("computed_once", []) if execute -%}
        {%- set query.text = with_kept_expression(query.text, name, "scratch." ~ relation.identifier ~ "__" ~ name) -%}
    {%- endfor -%}
    {{ return(dbt.spark__create_table_as(temporary, relation, query.text, language)) }}
{%- endmacro %}

{#- Materialises the CTE as a table and returns the query that reads it from there. -#}
{% macro with_kept_expression(query, name, table) -%}
    {%- set found = modules.re.search("(?ms)^" ~ name ~ " as [(]$(.*?)^[)]", query) -%}
    {%- if not found -%}
        {%- do exceptions.raise_compiler_error("No table expression " ~ name ~ " begins a line of this model.") -%}
    {%- endif -%}
    {%- set before = modules.re.sub("(?m)^--.*$", "", query[:found.start()]).rstrip().removesuffix(",") -%}
    {%- do run_query("create schema if not exists scratch") -%}
    {%- do run_query("drop table if exists " ~ table) -%}
    {%- do run_query("create table " ~ table ~ " using parquet as " ~ (before if before != "with" else "") ~ found.group(1)) -%}
    {{ return(query[:found.start()] ~ name ~ " as (select * from " ~ table ~ ")" ~ query[found.end():]) }}
{%- endmacro %}

{#- Drops, after a run, the tables materialised for its models. -#}
{% macro forget_kept_expressions() -%}
    {{ return(adapter.dispatch("forget_kept_expressions", "community_brain")()) }}
{%- endmacro %}

{% macro default__forget_kept_expressions() -%}
{%- endmacro %}

{% macro spark__forget_kept_expressions() -%}
    drop schema if exists scratch cascade
{%- endmacro %}
