{#- The columns of every event report, whichever system it comes from, in the order of the union.
    Columns unknown to a system are filled with nulls by the macro. -#}
{% macro event_report_types() -%}
    {%- set text, instant = text_type(), timestamp_type() -%}
    {{ return({
        "report_key": text, "source_system": text, "source_table": text, "source_record_id": text,
        "source_code": text, "source_kind_code": text, "level_code": text,
        "occurred_at": instant, "reported_at": instant, "known_at": instant, "accepted_at": instant,
        "dispatched_at": instant, "arrived_at": instant, "handled_at": instant, "closed_at": instant,
        "reopened_at": instant, "updated_at": instant,
        "last_signal_at": instant, "signal_count": "bigint", "is_confirmed": "boolean",
        "is_mediation_asked": "boolean",
        "county_code": text, "community_code": text, "grid_code": text, "house_code": text, "place_key": text,
        "device_id": text, "estate_no": text, "elder_no": text,
        "person_table": text, "person_record_id": text, "person_role_code": text,
        "longitude": "double", "latitude": "double",
    }) }}
{%- endmacro %}

{#- The select list of one system's reports: `known` maps a column to its expression. -#}
{% macro event_report_columns(known) -%}
    {%- for column, type in event_report_types().items() %}
        {{ known.get(column, "cast(null as " ~ type ~ ")") }} as {{ column }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Seconds since a fixed instant; only the difference of two is meaningful. -#}
{% macro instant_number(instant) -%}
    {{ seconds_between("cast('2000-01-01 00:00:00' as " ~ timestamp_type() ~ ")", instant) }}
{%- endmacro %}
