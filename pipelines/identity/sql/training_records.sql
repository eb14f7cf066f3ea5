-- Records of persons with more than one record, each repeated as often as it occurs.
create or replace table training_records as
with spoken_again as (
    select node
    from identified_records
    group by node
    having sum(times_spoken) > 1
)

select identified_records.* replace (row_number() over (order by records.record_key) as record_no)
from identified_records
inner join records on identified_records.record_no = records.rowid,
    range(identified_records.times_spoken)
where identified_records.node in (select node from spoken_again)
order by record_no;
