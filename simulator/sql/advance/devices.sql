-- One day of {table}: as a week earlier, with new message numbers and the same faults.
create or replace temp table repeated_{table} as
select t.*, t.device_id || '|' || t.message_id as old_id
from {table} as t
where t.gateway_time::date = date '{today}' - 7;

create or replace table safety_devices_{table} as
select row_number() over (order by device_id, message_id) * 8 + {place} as row_no, old_id, * exclude (old_id) replace (
        message_id % 100000 + 100000 * {day_no} as message_id,
        case when event_time < timestamptz '2000-01-01' then event_time else event_time + interval 7 day end as event_time,
        gateway_time + interval 7 day as gateway_time)
from repeated_{table};

-- Storms stay single, and an alarm recurs only with the moment at which it was raised.
{alarms_only}delete from safety_devices_{table} where old_id in (
{alarms_only}    select source_record_id from truth_dirt where table_name = 'alarm' and dirt_type = 'alarm_storm');
{alarms_only}delete from safety_devices_{table} as m where not exists (
{alarms_only}    select 1 from safety_devices_{table} as r where r.alarm_id = m.alarm_id and r.stage_code = 'RAISED');
{numbered_only}update safety_devices_{table} set {number} = {number} || '-{day_no}';

insert into {table} select * exclude (row_no, old_id) from safety_devices_{table};

insert into truth_records
select r.system, r.table_name, m.device_id || '|' || m.message_id, r.entity, r.true_id || '+{day_no}'
from truth_records as r join safety_devices_{table} as m
    on r.system = 'safety_devices' and r.table_name = '{table}' and r.source_record_id = m.old_id;
insert into truth_dirt
select d.system, d.table_name, m.device_id || '|' || m.message_id, d.column_name, d.dirt_type
from truth_dirt as d join safety_devices_{table} as m
    on d.system = 'safety_devices' and d.table_name = '{table}' and d.source_record_id = m.old_id
where d.dirt_type <> 'message_replay';
