{#- A staging model derived from its contract, in one line: `staged_records("health", "booking")`.

    One row per source record, its newest version: by `order_by` unless that lies in the future, else
    by batch order. Where a batch holds everything (`full`) or a whole period, a record missing from
    the newest such batch is deleted. Values are cleaned as the contract's `staging` says, and every
    repair or doubt is recorded in `_findings`. Increments and a full refresh give the same rows. -#}
{% macro staged_records(system, table_name) -%}
    {%- set contract = landed_contract(system, table_name) -%}
    {%- set landed = new_landed_rows(system, table_name) -%}
    {%- do contract.steps.extend(["_batch_rank", "_source_record_id", "_batch_id", "_landed_at"]) -%}
    {%- do contract.steps.extend(["_copies_in_batch", "_is_superseded"] if contract.is_replaced else ["_is_tied"]) -%}
    with

    batches as (

        {{ landed_batches(contract, system, table_name) }}

    ),

    {% if contract.is_replaced -%}
        held_back as (

            {{ held_back_records(system, table_name) }}

        ),

    {% endif -%}
    repeated as (

        {{ repeated_records(landed) }}

    ),

    newest as (

        {{ newest_landed_versions(contract, landed) }}

    ),

    {{ cleaned_rows(contract, "newest", landed) }},

    staged as (

        select
            {% for column in staged_columns(contract) -%}
                {{ column.value }}{{ "" if column.value == column.name else " as " ~ column.name }}{{ "," if not loop.last }}
            {% endfor -%}
        from cleaned

    )
    {%- if contract.is_replaced and is_incremental() %},

    -- Staged before, and missing from the newest batch, or present in it again.
    changed_by_absence as (

        {{ changed_by_absence(contract) }}

    )

    select * from staged
    union all
    select * from changed_by_absence
    {%- else %}

    select * from staged
    {%- endif %}
{%- endmacro %}

{#- One row per record: its newest version among those read now, unless a newer one is staged
    already. Needs the CTEs `batches` and `repeated`. -#}
{% macro newest_landed_versions(contract, landed) -%}
    {%- set order_by = contract.staging.get("order_by") -%}
    {%- set order = ["_batch_rank"] -%}
    {%- if order_by -%}
        {%- set order_time = ordered_at(contract, order_by) -%}
        {%- set order = ["_batch_rank", order_time] if contract.is_replaced else [order_time, "_batch_rank"] -%}
    {%- endif -%}
    select ranked.*
    from (
        {{ landed_in_order(contract, landed, is_once=true) }}
        left join repeated
            on source._source_record_id = repeated._source_record_id
        where repeated._source_record_id is null
        union all
        select
            *,
            row_number() over (
                partition by _source_record_id
                order by {{ order | join(" desc, ") }} desc, {{ row_digest(contract.columns) }}
            ) as _version_rank
        from (
            {{ landed_in_order(contract, landed) }}
            inner join repeated
                on source._source_record_id = repeated._source_record_id
        ) as landed
    ) as ranked
    {% if is_incremental() -%}
        left join {{ this }} as present
            on ranked._source_record_id = present._source_record_id
        left join batches as present_batches
            on present._batch_id = present_batches.batch_id
    {% endif -%}
    where
        ranked._version_rank = 1
        {% if is_incremental() -%}
            and (
                present_batches.batch_rank is null
                {% if order_by and not contract.is_replaced -%}
                    {%- set new = ordered_at(contract, order_by, "ranked.") -%}
                    {#- A row staged before future times were rejected may still have one. #}
                    {%- set staged = ordered_at(contract, "updated_at", "present.") %}
                    or {{ new }} > {{ staged }}
                    or ({{ new }} = {{ staged }} and ranked._batch_rank > present_batches.batch_rank)
                {%- else -%}
                    or ranked._batch_rank > present_batches.batch_rank
                {%- endif %}
            )
        {%- endif %}
{%- endmacro %}

{#- Landed rows with the rank of their batch. A record with a single row needs no window to be ranked
    first. -#}
{% macro landed_in_order(contract, landed, is_once=false) -%}
    select
        source.*,
        {% if contract.is_replaced -%}
            {{ "1" if is_once else "count(*) over (partition by source._source_record_id, source._batch_id)" }}
                as _copies_in_batch,
            {#- Rows released without a period belong to no full batch. #}
            coalesce(batches.batch_rank < batches.newest_whole_rank, false) as _is_superseded,
        {% else -%}
            {{ "false" if is_once else is_tied(contract) }} as _is_tied,
        {% endif -%}
        batches.batch_rank as _batch_rank{{ ",\n        1 as _version_rank" if is_once }}
    from ({{ landed }}) as source
    inner join batches
        on source._batch_id = batches.batch_id
{%- endmacro %}

{#- The time by which versions are ordered: the source's own, unless it lies more than a day after
    landing. Nothing later could supersede such a version, so the landing time replaces it. Numbers
    are not times. -#}
{% macro ordered_at(contract, column, relation="") -%}
    {%- set landed = order_time_of_landing(contract, relation ~ "_landed_at") -%}
    {%- set own = relation ~ column -%}
    {%- if landed is none -%}
        {{ return(own) }}
    {%- endif -%}
    {{ return("case when " ~ is_in_future(contract, own, relation) ~ " then " ~ landed ~ " else " ~ own ~ " end") }}
{%- endmacro %}

{% macro is_in_future(contract, time, relation="") -%}
    {%- set day_after = add_seconds(relation ~ "_landed_at", 86400) -%}
    {{ return(time ~ " > " ~ order_time_of_landing(contract, day_after)) }}
{%- endmacro %}

{#- An instant in the type of the contract's order_by; none if that is a number. -#}
{% macro order_time_of_landing(contract, instant) -%}
    {%- set kind = contract.columns[contract.staging.order_by].config.meta.logical_type -%}
    {{ return(none if kind == "integer" else local_date(instant) if kind == "date" else instant) }}
{%- endmacro %}

{#- Whether differing versions of a record arrived in one batch with nothing to tell the newest: the
    lines of a file have no order once landed. -#}
{% macro is_tied(contract) -%}
    {%- set columns = [] -%}
    {%- for column in contract.columns -%}
        {%- do columns.append("source." ~ column) -%}
    {%- endfor -%}
    {%- set order_by = contract.staging.get("order_by") -%}
    {%- set order = ", source." ~ order_by if order_by else "" -%}
    {%- set tie = "partition by source._source_record_id, source._batch_id" ~ order -%}
    min({{ row_digest(columns) }}) over ({{ tie }}) <> max({{ row_digest(columns) }}) over ({{ tie }})
{%- endmacro %}

{#- Rows staged earlier that are deleted because a full batch lacks them. -#}
{% macro changed_by_absence(contract) -%}
    {%- set flagged = " or present.is_flagged_deleted" if contract.deleted_flag else "" -%}
    {%- set present_columns = adapter.get_columns_in_relation(this) | map(attribute="name") | list -%}
    select
        {% for column in staged_columns(contract) -%}
            {%- if column.name == "is_deleted" -%}
                not present.is_deleted as is_deleted
            {%- elif column.name in present_columns -%}
                present.{{ column.name }}
            {%- else -%}
                null as {{ column.name }}
            {%- endif -%}
            {{ "," if not loop.last }}
        {% endfor -%}
    from {{ this }} as present
    inner join batches
        on present._batch_id = batches.batch_id
    left join held_back
        on present._source_record_id = held_back.source_record_id
    left join staged
        on present._source_record_id = staged._source_record_id
    where
        staged._source_record_id is null
        and present.is_deleted <> ((batches.batch_rank < batches.newest_whole_rank and held_back.source_record_id is null){{ flagged }})
{%- endmacro %}
