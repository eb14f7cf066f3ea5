-- All pairs of the region: those weighed now, and those that nothing has touched.
create or replace table record_pairs as
select * from fresh_pairs
union all by name
select * from kept_pairs;
