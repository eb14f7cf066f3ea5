{#- The landed rows that a staging model has not read yet.

    A model reads each registered batch exactly once: what it has read is recorded in
    `staging.consumed_batches`, in the model's own transaction by `mark_consumed`. A timestamp or
    cursor would lose batches that are registered out of order. -#}
{% macro new_landed_rows(system, table_name) -%}
    {%- set landed = source("landing", system ~ "__" ~ table_name) -%}
    select *
    from {{ landed }}
    {% if is_incremental() and execute -%}
        where {{ in_batches(unread_batches(system, table_name)) }}
    {%- endif %}
{%- endmacro %}

{% macro unread_batches(system, table_name) -%}
    {%- set query -%}
        select landed.batch_id
        from {{ source("landing", "batches") }} as landed
        left join {{ consumed_batches() }} as consumed
            on landed.batch_id = consumed.batch_id and consumed.model = '{{ this.identifier }}'
        where
            landed.system = '{{ system }}'
            and landed.table_name = '{{ table_name }}'
            and consumed.batch_id is null
        order by landed.batch_id
    {%- endset -%}
    {{ return(run_query(query).columns[0].values() | list) }}
{%- endmacro %}

{#- Literals, so that the files of other batches are not opened. -#}
{% macro in_batches(batch_ids) -%}
    {%- if batch_ids -%}
        _batch_id in ('{{ batch_ids | join("', '") }}')
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}

{#- Post-hook of every staging model: marks the landed batches of this run as consumed. A first run
    and a full refresh read everything. -#}
{% macro mark_consumed() -%}
    {% if execute and model.config.materialized == "incremental" -%}
        {%- set landed_name = (model.sources | rejectattr(1, "equalto", "batches") | selectattr(0, "equalto", "landing") | first)[1] -%}
        insert into {{ consumed_batches() }}
        select
            '{{ this.identifier }}' as model,
            landed.batch_id
        from {{ source("landing", "batches") }} as landed
        left join {{ consumed_batches() }} as consumed
            on landed.batch_id = consumed.batch_id and consumed.model = '{{ this.identifier }}'
        where
            landed.system || '__' || landed.table_name = '{{ landed_name }}'
            and consumed.batch_id is null
    {%- endif %}
{%- endmacro %}

{#- The records with more than one row in `landed`. They are few, and only they need ranking: a
    window over all rows would move every column of every row. -#}
{% macro repeated_records(landed) -%}
    select _source_record_id
    from ({{ landed }}) as landed
    group by _source_record_id
    having count(*) > 1
{%- endmacro %}

{#- One row per source record of `landed`: its newest version, with deterministic tie-breaking. Needs
    the CTE `repeated`. -#}
{% macro newest_versions(landed, updated_at) -%}
    select
        landed.*,
        1 as _version_rank
    from ({{ landed }}) as landed
    left join repeated
        on landed._source_record_id = repeated._source_record_id
    where repeated._source_record_id is null
    union all
    select *
    from (
        select
            landed.*,
            row_number() over (
                partition by landed._source_record_id
                order by landed.{{ updated_at }} desc, landed._landed_at desc, landed._batch_id desc
            ) as _version_rank
        from ({{ landed }}) as landed
        inner join repeated
            on landed._source_record_id = repeated._source_record_id
    ) as ranked
    where _version_rank = 1
{%- endmacro %}

{#- Of the rows read now, those not older than what is already staged. -#}
{% macro not_older_than_staged(relation, updated_at) -%}
    {% if is_incremental() -%}
        select candidate.*
        from {{ relation }} as candidate
        left join {{ this }} as staged
            on candidate._source_record_id = staged._source_record_id
        where
            staged._source_record_id is null
            or candidate.{{ updated_at }} > staged.updated_at
            or (
                candidate.{{ updated_at }} = staged.updated_at
                and (candidate._landed_at, candidate._batch_id) > (staged._landed_at, staged._batch_id)
            )
    {%- else -%}
        select * from {{ relation }}
    {%- endif %}
{%- endmacro %}

{#- A repair or doubt in the format of quality.findings; null if the condition does not hold. -#}
{% macro finding(condition, column_name, finding, action, rule_code=none) -%}
    case when {{ condition }} then '{{ column_name }}|{{ finding }}|{{ action }}|{{ rule_code or ("staging." ~ finding) }}' end
{%- endmacro %}
