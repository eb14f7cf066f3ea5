{#- A staging model of a device stream derived from its contract: `staged_messages("elder_care",
    "call")`.

    One row per distinct message with every column of the contract; the device, its message number,
    and the device's and gateway's times are the columns device_id, message_id, event_time and
    gateway_time. -#}
{% macro staged_messages(system, table_name) -%}
    {{ config(unique_key="message_key") }}
    {%- set payload = landed_contract(system, table_name).columns.keys() | reject("in", [
        "device_id", "message_id", "event_time", "gateway_time"
    ]) | list -%}
    with

    messages as (

        {{ distinct_messages(system, table_name, payload) }}

    ),

    timed as (

        {{ with_clock_offsets("messages") }}

    )

    select
        {{ (([message_columns()] + payload) | join(",\n        ")) }},
        {{ message_findings() }} as _findings
    from timed
{%- endmacro %}

{#- One row per distinct message of a device stream, however many copies arrived.

    A replaced device restarts its message numbers at one, so device and number do not identify a
    message: `message_key` also covers the recorded time and the content. A device-day touched by a
    new message is recomputed as a whole, so that increments and a full refresh give the same rows;
    `repaired` names the columns whose recorded value is kept as recorded_<column>. The contract's
    tolerances are carried as columns, so that landing and staging apply the same ones. -#}
{% macro distinct_messages(system, table_name, payload, repaired=[]) -%}
    {%- set content = ["device_id", "message_id", "event_time"] + payload -%}
    {%- set tolerances = message_tolerances(system, table_name) -%}
    select
        device_id,
        message_id,
        {{ payload | join(",\n        ") }},
        recorded_event_time,
        message_key,
        _source_record_id,
        min(gateway_time) as gateway_time,
        max(last_gateway_time) as last_gateway_time,
        cast(sum(copies_count) as integer) as copies_count,
        min(_batch_id) as _batch_id,
        min(_landed_at) as _landed_at,
        {{ tolerances.clock }} as clock_tolerance_seconds,
        {{ tolerances.late }} as late_seconds
    from (
        select
            device_id,
            message_id,
            {{ payload | join(",\n            ") }},
            event_time as recorded_event_time,
            {{ row_digest(content) }} as message_key,
            _source_record_id,
            gateway_time,
            gateway_time as last_gateway_time,
            1 as copies_count,
            _batch_id,
            _landed_at
        from ({{ new_landed_rows(system, table_name) }}) as landed
        {% if is_incremental() -%}
            union all
            select
                device_id,
                message_id,
                {% for column in payload -%}
                    {{ "recorded_" ~ column ~ " as " ~ column if column in repaired else column }},
                {% endfor -%}
                recorded_event_time,
                message_key,
                _source_record_id,
                gateway_time,
                last_gateway_time,
                copies_count,
                _batch_id,
                _landed_at
            from {{ this }}
            where device_day in ({{ touched_device_days(system, table_name, content) }})
        {%- endif %}
    ) as copies
    group by
        device_id,
        message_id,
        {{ payload | join(",\n        ") }},
        recorded_event_time,
        message_key,
        _source_record_id
{%- endmacro %}

{#- The contract's tolerances in seconds: how far a device's clock may be ahead, and after what delay
    a message is late. A separate macro, because unit tests of a model have no contract and override
    it. -#}
{% macro message_tolerances(system, table_name) -%}
    {%- set contract = landed_contract(system, table_name) -%}
    {{ return({
        "clock": contract.clock_tolerance_seconds,
        "late": "cast(null as integer)" if contract.late_seconds is none else contract.late_seconds,
    }) }}
{%- endmacro %}

{#- The device-days that the new messages belong to, or that hold an earlier copy of them. -#}
{% macro touched_device_days(system, table_name, content) -%}
    select {{ device_day("gateway_time") }} as touched
    from ({{ new_landed_rows(system, table_name) }}) as landed
    union
    select device_day as touched
    from {{ this }}
    where message_key in (
        select {{ row_digest(content) }} as message_key
        from ({{ new_landed_rows(system, table_name) }}) as landed
    )
{%- endmacro %}

{% macro device_day(instant) -%}
    (device_id || '|' || cast({{ local_date(instant) }} as {{ text_type() }}))
{%- endmacro %}

{#- Messages with the constant offset of their device's clock on that day, if there is one.

    A wrong clock is off by the same amount in every message of a day, unlike a message that is
    merely late. Requires at least three messages, half of them within two minutes of each other. -#}
{% macro with_clock_offsets(relation) -%}
    select
        messages.*,
        case
            when
                offsets.message_count >= 3
                and abs(offsets.middle) > messages.clock_tolerance_seconds
                and abs(offsets.middle) <= {{ greatest_clock_error() }}
                and offsets.upper_quarter - offsets.lower_quarter <= 120
                then offsets.middle
        end as clock_offset_seconds
    from (
        select
            *,
            {{ device_day("gateway_time") }} as device_day,
            {{ seconds_between("recorded_event_time", "gateway_time") }} as delay_seconds
        from {{ relation }}
    ) as messages
    left join (
        select
            {{ device_day("gateway_time") }} as device_day,
            count(*) as message_count,
            {{ quantile(seconds_between("recorded_event_time", "gateway_time"), 0.5) }} as middle,
            {{ quantile(seconds_between("recorded_event_time", "gateway_time"), 0.25) }} as lower_quarter,
            {{ quantile(seconds_between("recorded_event_time", "gateway_time"), 0.75) }} as upper_quarter
        from {{ relation }}
        group by {{ device_day("gateway_time") }}
    ) as offsets
        on messages.device_day = offsets.device_day
{%- endmacro %}

{#- The columns of every stream; `occurred_at` is the device's time, repaired where it cannot be
    right.

    If a clock says 1970, or a time is ahead of the gateway's, the gateway's time is used. -#}
{% macro message_columns() -%}
    device_id,
        message_id,
        message_key,
        device_day,
        {{ occurred_at() }} as occurred_at,
        {{ local_date(occurred_at()) }} as occurred_date,
        recorded_event_time,
        gateway_time,
        last_gateway_time,
        copies_count,
        {{ whole_number("delay_seconds") }} as delay_seconds,
        {{ whole_number("clock_offset_seconds") }} as clock_offset_seconds,
        coalesce({{ has_known_delay() }} and delay_seconds > late_seconds, false) as is_late,
        _source_record_id,
        _batch_id,
        _landed_at
{%- endmacro %}

{% macro occurred_at() -%}
    case
        when {{ clock_is_reset() }} then gateway_time
        when {{ clock_is_steadily_off() }} then {{ add_seconds("recorded_event_time", "clock_offset_seconds") }}
        when delay_seconds < -clock_tolerance_seconds then gateway_time
        else recorded_event_time
    end
{%- endmacro %}

{#- The largest constant clock error in seconds; a time further ahead is unusable. -#}
{% macro greatest_clock_error() -%}
    10800
{%- endmacro %}

{% macro clock_is_reset() -%}
    extract(year from recorded_event_time) < 2015
{%- endmacro %}

{% macro clock_is_steadily_off() -%}
    (clock_offset_seconds is not null and abs(delay_seconds - clock_offset_seconds) <= 300)
{%- endmacro %}

{% macro has_known_delay() -%}
    (not {{ clock_is_reset() }} and not coalesce({{ clock_is_steadily_off() }}, false))
{%- endmacro %}

{#- A copy that reaches the gateway minutes later was replayed from the device's buffer, not
    duplicated in transit. -#}
{% macro message_findings(more=[]) -%}
    {%- set replayed = seconds_between("gateway_time", "last_gateway_time") ~ " > 300" -%}
    {{ array_of_texts([
        finding("copies_count > 1 and not (" ~ replayed ~ ")", "message_id", "message_duplicate", "repaired"),
        finding("copies_count > 1 and " ~ replayed, "message_id", "message_replay", "repaired"),
        finding(clock_is_reset(), "event_time", "clock_1970", "repaired"),
        finding(
            clock_is_steadily_off() ~ " or (delay_seconds < -clock_tolerance_seconds and delay_seconds >= -"
            ~ greatest_clock_error() ~ ")",
            "event_time", "clock_skew", "repaired"
        ),
        finding("delay_seconds < -" ~ greatest_clock_error(), "event_time", "clock_future", "repaired"),
        finding(
            has_known_delay() ~ " and delay_seconds > 20 and delay_seconds <= 600",
            "gateway_time", "message_out_of_order", "repaired"
        ),
        finding(has_known_delay() ~ " and delay_seconds > late_seconds", "gateway_time", "message_very_late", "flagged"),
        finding(
            has_known_delay() ~ " and delay_seconds > 600 and coalesce(delay_seconds <= late_seconds, true)",
            "gateway_time", "message_late", "repaired"
        ),
    ] + more) }}
{%- endmacro %}

{#- One vendor's firmware sends readings in tenths of a degree. Nothing in a home measures above 120
    °C. -#}
{% macro is_tenfold(column) -%}
    abs({{ column }}) > 120
{%- endmacro %}
