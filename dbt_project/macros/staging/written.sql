{#- The cleaning that a contract requests by kind of column, and the findings it produces. -#}
{% macro value_from_writing(kind, column) -%}
    {%- if kind == "dates" -%} {{ date_from_writing(column) }}
    {%- elif kind == "months" -%} {{ month_from_writing(column) }}
    {%- elif kind == "timestamps" -%} {{ timestamp_from_writing(column) }}
    {%- elif kind == "numbers" -%} {{ number_from_writing(column) }}
    {%- elif kind == "texts" -%} {{ text_from_writing(column) }}
    {%- else -%} {{ credit_code_clean(column) }}
    {%- endif -%}
{%- endmacro %}

{% macro record_findings(contract) -%}
    {%- set items = [] -%}
    {%- for column, kind in contract.written.items() -%}
        {%- do items.extend(writing_findings(kind, column)) -%}
    {%- endfor -%}
    {%- if contract.staging.address -%}
        {%- do items.extend(written_address_findings(contract.staging.address)) -%}
    {%- endif -%}
    {%- set order_by = contract.staging.get("order_by") -%}
    {%- if order_by and contract.columns[order_by].config.meta.logical_type != "integer" -%}
        {%- do items.append(finding(is_in_future(contract, order_by), order_by, "time_in_future", "repaired")) -%}
    {%- endif -%}
    {%- if contract.is_replaced -%}
        {%- do items.append(finding("_copies_in_batch > 1", "record", "record_repeated", "repaired")) -%}
    {%- else -%}
        {%- do items.append(finding("_is_tied", "record", "record_repeated", "flagged")) -%}
    {%- endif -%}
    {%- set arrays = [array_of_texts(items) if items else no_findings()] -%}
    {%- for person in contract.staging.get("person", []) -%}
        {%- do arrays.append("_person" ~ loop.index ~ "_findings") -%}
    {%- endfor -%}
    {{ return(join_arrays(arrays) if arrays | length > 1 else arrays[0]) }}
{%- endmacro %}

{% macro writing_findings(kind, column) -%}
    {%- set clean = "_clean_" ~ column -%}
    {%- set filled = "nullif(trim(" ~ column ~ "), '') is not null" -%}
    {%- if kind == "texts" -%}
        {{ return([
            finding(text_is_full_width(column), column, "text_full_width", "repaired"),
            finding(column ~ " <> trim(" ~ column ~ ")", column, "text_blank_ends", "repaired"),
        ]) }}
    {%- elif kind == "credit_codes" -%}
        {%- set status = credit_code_status(clean) -%}
        {{ return([
            finding(status ~ " = 'checksum_failed'", column, "credit_code_checksum_failed", "flagged"),
            finding(status ~ " = 'confusable'", column, "credit_code_confusable", "flagged"),
            finding(status ~ " = 'registration_no'", column, "registration_no_15_digit", "flagged"),
            finding(clean ~ " <> " ~ column, column, "credit_code_formatting", "repaired"),
            finding(clean ~ " is null and " ~ filled, column, "code_malformed", "flagged"),
        ]) }}
    {%- endif -%}
    {%- set plain = {
        "dates": date_is_plain(column),
        "months": month_is_plain(column),
        "timestamps": timestamp_is_plain(column),
        "numbers": number_is_plain(column),
    }[kind] -%}
    {%- set loosely, unreadable = (
        ("number_written_loosely", "type_mismatch") if kind == "numbers" else ("date_written_loosely", "date_malformed")
    ) -%}
    {%- set items = [
        finding(clean ~ " is not null and not " ~ plain, column, loosely, "repaired"),
        finding(clean ~ " is null and " ~ filled, column, unreadable, "flagged"),
    ] -%}
    {%- if kind == "numbers" -%}
        {%- do items.append(
            finding(clean ~ " is not null and " ~ number_is_rounded(column), column, "value_rounded", "repaired")
        ) -%}
    {%- endif -%}
    {{ return(items) }}
{%- endmacro %}

{#- What is missing from an address down to the level the contract expects. -#}
{% macro written_address_findings(address) -%}
    {%- set levels = ["AREA", "PLACE", "BUILDING", "ROOM"] -%}
    {%- set too_coarse = [] -%}
    {%- for level in ["AREA", "PLACE"] if levels.index(level) < levels.index(address.level) -%}
        {%- do too_coarse.append("'" ~ level ~ "'") -%}
    {%- endfor -%}
    {%- set items = [
        finding("address_level = 'MISSING'", address.column, "address_missing", "flagged"),
        finding(
            "address_level = 'ROOM' and not " ~ address_is_standard(address.column),
            address.column, "address_variant", "repaired"
        ),
    ] -%}
    {%- if too_coarse -%}
        {%- do items.append(
            finding("address_level in (" ~ too_coarse | join(", ") ~ ")", address.column, "address_estate_only", "flagged")
        ) -%}
    {%- endif -%}
    {{ return(items) }}
{%- endmacro %}

{#- The form in which an unverified code is kept: with look-alike letters read as digits where that
    makes it valid. -#}
{% macro credit_code_unverified(clean) -%}
    case when {{ credit_code_status(clean) }} = 'confusable' then {{ credit_code_candidate(clean) }} else {{ clean }} end
{%- endmacro %}
