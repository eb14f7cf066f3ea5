-- New records of {table}, copied from others, with the truth about them.
create or replace temp table copied as
with known as (
    select *, {record} as _record, not exists (
            select 1 from truth_dirt as d where d.system = '{system}' and d.table_name = '{name}'
                and d.source_record_id = {record}) as has_no_fault
    from {table}
),
chosen as (
    select *, {since} as _since, {shift} as _shift from known where {condition}
),
renewed as (
    select {copied}, _record from chosen
)
from renewed where ({key}) not in (select ({key}) from {table})
qualify row_number() over (partition by {key} order by _record) = 1;
create or replace temp table numbers as select _record as old_record, {record} as new_record from copied;
insert into {table} by name select * exclude (_record) from copied;
insert into truth_records by name
select r.* replace (new_record as source_record_id) from truth_records as r join numbers on old_record = source_record_id
where system = '{system}' and table_name = '{name}';
insert into truth_dirt by name
select d.* replace (new_record as source_record_id) from truth_dirt as d join numbers on old_record = source_record_id
where system = '{system}' and table_name = '{name}';
