-- The new day's messages, after those already in the outbox.
create or replace table new_messages as
with bodies as ({payloads}),
rows_of_all as (
    {rows}
),
marked as (
    select m.*, bool_or(d.dirt_type = 'malformed_json') as is_cut, bool_or(d.dirt_type = 'message_duplicate') as is_double
    from rows_of_all as m left join truth_dirt as d
        on d.system = 'safety_devices' and d.table_name = m.topic and d.source_record_id = m.device_id || '|' || m.message_id
    group by all
),
goings as (
    select *, gateway_time as going_at, 0 as copy_no from marked
    union all
    select *, gateway_time + interval (500 + pick('copy', row_no, 90000)) millisecond, 1 from marked where is_double
)
select (select coalesce(max(publish_order), 0) from messages) + row_number() over (order by going_at, g.row_no, copy_no)
        as publish_order,
    'city/' || substr(device_id, 1, 6) || '/' || device_id || '/' || topic as topic,
    case when is_cut then substr(payload, 1, (length(payload) * 0.6)::int) else payload end as payload,
    1 as quality_of_service, false as retained
from goings as g join bodies as b using (row_no);
insert into messages select * from new_messages;
