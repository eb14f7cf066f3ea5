-- All pairs of the region: those scored now, and the unchanged ones.
create or replace table record_pairs as
select * from fresh_pairs
union all by name
select * from kept_pairs;
