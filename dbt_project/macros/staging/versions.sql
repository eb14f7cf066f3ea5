{#- Every version of a register's records (SCD2), from what has landed:
    `staged_versions("population", "house")`. A version is valid from version_from until before
    version_to, by the source's time if the contract has an order_by, else by landing time;
    known_from and known_to say since when the platform has known its beginning and end. A deletion
    closes a version, a later return opens another. Rows that change nothing, comparing nulls as
    values, make no version.

    Nothing depends on the clock or on an earlier run: records touched by unread batches are
    recomputed from landing, all of them if a batch is a full one, so that every way of building
    gives the same result. -#}
{% macro staged_versions(system, table_name) -%}
    {%- set contract = landed_contract(system, table_name) -%}
    {%- do contract.steps.extend(
        ["_source_record_id", "_version_number", "_valid_from", "_valid_to", "_known_from", "_known_to"]
    ) -%}
    {%- set not_of_versions = ["updated_at", "is_flagged_deleted", "is_deleted", "_source_record_id", "_batch_id", "_landed_at", "_findings"] -%}
    with

    batches as (

        {{ landed_batches(contract, system, table_name, is_in_time=true) }}

    ),

    source as (

        select landed.*
        from {{ source("landing", system ~ "__" ~ table_name) }} as landed
        {% if is_incremental() and not contract.is_replaced -%}
            where landed._source_record_id in (
                select touched._source_record_id from ({{ new_landed_rows(system, table_name) }}) as touched
            )
        {%- endif %}

    ),

    states as (

        {{ landed_states(contract) }}
        {% if contract.is_replaced -%}
            union all
            {{ absent_states(contract, system, table_name) }}
        {%- endif %}

    ),

    changes as (

        select *
        from (
            select
                *,
                lag(_digest) over (partition by _source_record_id order by {{ order_of_versions() }}) as _digest_before
            from states
        ) as compared
        where coalesce(_digest, '') <> coalesce(_digest_before, '')

    ),

    versions as (

        select *
        from (
            select
                *,
                row_number() over (partition by _source_record_id order by {{ order_of_versions() }})
                    as _version_number,
                lead(_valid_from) over (partition by _source_record_id order by {{ order_of_versions() }})
                    as _valid_to,
                lead(_known_from) over (partition by _source_record_id order by {{ order_of_versions() }})
                    as _known_to
            from changes
        ) as bounded
        where _digest is not null

    ),

    {{ cleaned_rows(contract, "versions", "select * from " ~ source("landing", system ~ "__" ~ table_name)) }}

    select
        {% for column in staged_columns(contract) if column.name not in not_of_versions -%}
            {{ column.value }}{{ "" if column.value == column.name else " as " ~ column.name }},
        {% endfor -%}
        _version_number as version_number,
        _valid_from as version_from,
        _valid_to as version_to,
        _valid_to is null as is_current,
        _known_from as known_from,
        _known_to as known_to,
        _source_record_id
    from cleaned
{%- endmacro %}

{#- Deletions last: their digest is null. -#}
{% macro order_of_versions() -%}
    _valid_from nulls last, _batch_rank, _digest nulls last
{%- endmacro %}

{#- The state of each landed row: a digest of the record's columns, or null where it is flagged as
    deleted. -#}
{% macro landed_states(contract) -%}
    {%- set order_by = contract.staging.get("order_by") -%}
    {%- set apart = [order_by, contract.deleted_flag] -%}
    {%- set is_by_time = order_by and not contract.is_replaced -%}
    select
        {% for column in contract.columns -%}
            source.{{ column }},
        {% endfor -%}
        source._source_record_id,
        batches.batch_rank as _batch_rank,
        {{ ordered_at(contract, order_by, "source.") if is_by_time else "batches.landed_at" }} as _valid_from,
        batches.landed_at as _known_from,
        {% if contract.deleted_flag -%}
            case when not {{ is_flagged(contract) }} then {{ row_digest(contract.columns | reject("in", apart)) }} end
        {%- else -%}
            {{ row_digest(contract.columns | reject("in", apart)) }}
        {%- endif %} as _digest
    from source
    inner join batches
        on source._batch_id = batches.batch_id
{%- endmacro %}

{#- Records that one full batch had and the next one of its period lacks, neither landed nor held
    back. -#}
{% macro absent_states(contract, system, table_name) -%}
    select
        {% for column in contract.columns -%}
            null as {{ column }},
        {% endfor -%}
        had._source_record_id,
        following.batch_rank as _batch_rank,
        following.landed_at as _valid_from,
        following.landed_at as _known_from,
        cast(null as {{ text_type() }}) as _digest
    from ({{ records_of_batches(system, table_name) }}) as had
    inner join batches
        on had._batch_id = batches.batch_id
    inner join batches as following
        on batches.next_whole_rank = following.batch_rank
    left join ({{ records_of_batches(system, table_name) }}) as has
        on following.batch_id = has._batch_id and had._source_record_id = has._source_record_id
    where has._source_record_id is null
{%- endmacro %}

{% macro records_of_batches(system, table_name) -%}
    select distinct _source_record_id, _batch_id
    from source
    union
    select source_record_id as _source_record_id, batch_id as _batch_id
    from {{ source("quality", "quarantine") }}
    where system = '{{ system }}' and table_name = '{{ table_name }}' and source_record_id is not null
{%- endmacro %}
