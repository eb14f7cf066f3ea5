-- Every table of the stream gets its share, so that none is cleaner than the stream as a whole.
insert into plan_message
with eligible as (
    select row_no, topic, row_number() over (partition by topic order by u('message {kind}', row_no), row_no) as place
    from device_messages as m
    where ({eligible})
        and not exists (select 1 from plan_message as p where p.row_no = m.row_no and p.fault_group = '{group}')
),
shares as (
    select topic, count(*) / sum(count(*)) over () as topic_share
    from device_messages where topic in (select topic from eligible) group by topic
)
select row_no, '{group}', '{column}', '{kind}'
from eligible join shares using (topic)
where place <= ceil({share} * topic_share * (select count(*) from device_messages));
