{#- A staging table is built anew once its contract, or its own model, has changed.

    It holds each record as it was cleaned when it was read. After a change, records read before would
    stand beside the others uncleaned, in another type or with the wrong deletions. What a table was
    built from is kept as a digest in `staging.staged_contracts`; a table that was built before this
    was kept is taken for unchanged. -#}
{% macro is_staged_otherwise() -%}
    {%- set known = graph.get("staged_contracts", {}).get(model.name) -%}
    {{ return(known is not none and known != staged_contract_digest()) }}
{%- endmacro %}

{#- A digest of what the rows of this staging model follow from besides what has landed. Labels and
    owners do not change a row. -#}
{% macro staged_contract_digest() -%}
    {%- set says = [model.raw_code] -%}
    {%- for node in graph.sources.values() if [node.source_name, node.name] in model.sources | map("list") | list -%}
        {%- for name, value in node.config.meta.items() | sort if name not in ("label_zh", "owner_code") -%}
            {%- do says.append(name ~ "=" ~ tojson(value, sort_keys=true)) -%}
        {%- endfor -%}
        {%- for column in node.columns.values() -%}
            {%- do says.append(column.name ~ " " ~ column.data_type ~ " " ~ column.config.meta.get("logical_type")) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(local_md5(says | join("\n"))) }}
{%- endmacro %}

{#- Reads, once for a run, what each staging table was built from. -#}
{% macro read_staged_contracts() -%}
    {%- set known = {} -%}
    {%- for row in run_query("select model, digest from " ~ staged_contracts()).rows -%}
        {%- do known.update({row[0]: row[1]}) -%}
    {%- endfor -%}
    {%- do graph.update({"staged_contracts": known}) -%}
{%- endmacro %}

{#- Post-hook of every staging model: keeps what it was built from, in the model's own transaction. -#}
{% macro remember_contract() -%}
    {%- if execute and model.config.materialized == "incremental" -%}
        {%- set digest = staged_contract_digest() -%}
        {%- if graph.get("staged_contracts", {}).get(model.name) != digest %}
            delete from {{ staged_contracts() }} where model = '{{ model.name }}';
            insert into {{ staged_contracts() }} values ('{{ model.name }}', '{{ digest }}')
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro staged_contracts() -%}
    {{ return(target.database ~ ".staging.staged_contracts") }}
{%- endmacro %}
