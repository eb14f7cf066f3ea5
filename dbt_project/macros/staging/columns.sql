{#- The columns of a staged row in order: names, and expressions over `cleaned`. -#}
{% macro staged_columns(contract) -%}
    {%- set columns = [] -%}
    {%- set persons = contract.staging.get("person", []) -%}
    {%- for column in contract.columns if column not in columns_read_apart(contract) -%}
        {%- do columns.extend(own_column(contract, column)) -%}
    {%- endfor -%}
    {%- for person in persons -%}
        {%- set number = loop.index -%}
        {%- for name in person_outputs() -%}
            {%- do columns.append({"name": person.prefix ~ name, "value": "_person" ~ number ~ "_" ~ name}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if contract.staging.address -%}
        {%- for name in address_outputs() -%}
            {%- do columns.append({"name": name, "value": name}) -%}
        {%- endfor -%}
        {%- do columns.append({"name": "address_key", "value": address_key()}) -%}
    {%- endif -%}
    {%- for reference in contract.references if reference.name not in contract.columns -%}
        {%- do columns.append({"name": reference.name, "value": record_id_of(reference.columns)}) -%}
    {%- endfor -%}
    {%- set order_by = contract.staging.get("order_by") -%}
    {%- set updated_at = ordered_at(contract, order_by) if order_by else "_landed_at" -%}
    {%- do columns.append({"name": "updated_at", "value": updated_at}) -%}
    {%- if contract.is_replaced and contract.deleted_flag -%}
        {%- do columns.append({"name": "is_flagged_deleted", "value": is_flagged(contract)}) -%}
    {%- endif -%}
    {%- do columns.append({"name": "is_deleted", "value": is_deleted(contract)}) -%}
    {%- for name in ["_source_record_id", "_batch_id", "_landed_at"] -%}
        {%- do columns.append({"name": name, "value": name}) -%}
    {%- endfor -%}
    {%- do columns.append({"name": "_findings", "value": record_findings(contract)}) -%}
    {{ return(columns) }}
{%- endmacro %}

{#- Columns that are not staged under their own name: those of a person, the order column and the
    deletion flag. -#}
{% macro columns_read_apart(contract) -%}
    {%- set names = [contract.staging.get("order_by"), contract.deleted_flag] -%}
    {%- for person in contract.staging.get("person", []) -%}
        {%- for field, column in person.items() if field != "prefix" -%}
            {%- do names.append(column) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{#- A source column in cleaned form; a credit code yields three columns. -#}
{% macro own_column(contract, column) -%}
    {%- set kind = contract.written.get(column) -%}
    {%- set clean = "_clean_" ~ column -%}
    {%- if kind == "credit_codes" -%}
        {%- set status = credit_code_status(clean) -%}
        {{ return([
            {"name": column, "value": "case when " ~ status ~ " = 'valid' then " ~ clean ~ " end"},
            {
                "name": column ~ "_unverified",
                "value": "case when " ~ status ~ " <> 'valid' then " ~ credit_code_unverified(clean) ~ " end",
            },
            {"name": column ~ "_status", "value": status},
        ]) }}
    {%- elif kind -%}
        {{ return([{"name": column, "value": clean}]) }}
    {%- elif is_text_column(contract.columns, column) -%}
        {{ return([{"name": column, "value": "nullif(" ~ column ~ ", '')"}]) }}
    {%- endif -%}
    {{ return([{"name": column, "value": column}]) }}
{%- endmacro %}

{#- The key of another table's record in the format of `_source_record_id`: values joined by `|`; if
    one of several contains a `|` itself, all of them are escaped. -#}
{% macro record_id_of(columns) -%}
    {%- set parts = [] -%}
    {%- set escaped = [] -%}
    {%- set ambiguous = [] -%}
    {%- for column in columns -%}
        {%- set text = "cast(" ~ column ~ " as " ~ text_type() ~ ")" -%}
        {%- do parts.append(text) -%}
        {%- do escaped.append("replace(replace(" ~ text ~ ", '!', '!!'), '|', '!|')") -%}
        {%- do ambiguous.append(text ~ " like '%|%'") -%}
    {%- endfor -%}
    {%- set joined = parts | join(" || '|' || ") -%}
    {%- if columns | length == 1 -%}
        {{ return(joined) }}
    {%- endif -%}
    {{ return(
        "case when " ~ ambiguous | join(" or ") ~ " then " ~ escaped | join(" || '|' || ") ~ " else " ~ joined ~ " end"
    ) }}
{%- endmacro %}

{% macro is_deleted(contract) -%}
    {%- set absent = "_is_superseded and _source_record_id not in (select source_record_id from held_back)" -%}
    {%- if contract.is_replaced -%}
        {{ return("(" ~ absent ~ (" or " ~ is_flagged(contract) if contract.deleted_flag else "") ~ ")") }}
    {%- endif -%}
    {{ return(is_flagged(contract) if contract.deleted_flag else "false") }}
{%- endmacro %}

{#- The source's own deletion flag, as a boolean or in a clerk's words. -#}
{% macro is_flagged(contract) -%}
    {%- if is_text_column(contract.columns, contract.deleted_flag) -%}
        {{ return("coalesce(lower(trim(" ~ contract.deleted_flag ~ ")) in ('1', 'true', 't', 'y', 'yes', 'd', 'delete', '是', '删除', '已删除'), false)") }}
    {%- endif -%}
    {{ return("coalesce(cast(" ~ contract.deleted_flag ~ " as boolean), false)") }}
{%- endmacro %}
