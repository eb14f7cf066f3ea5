{#- One row per finding in the arrays `_findings`: of staging models, given with system and table,
    and of comparing models, which name the records themselves. -#}
{% macro row_findings(staged, compared) -%}
    {%- set load = ["_batch_id", "_landed_at"] -%}
    {%- set keys = ["source_system", "source_table", "source_record_id"] -%}
    {% for system, table_name, relation in staged -%}
        {{ select_each(
            relation,
            [
                "'" ~ system ~ "' as source_system", "'" ~ table_name ~ "' as source_table",
                "_source_record_id as source_record_id",
            ] + load,
            "_findings",
            "finding_text",
        ) }}
        {{ "union all" if not loop.last or compared }}
    {% endfor -%}
    {% for relation in compared -%}
        {{ select_each(relation, keys + load, "_findings", "finding_text") }}
        {{ "union all" if not loop.last }}
    {% endfor %}
{%- endmacro %}
