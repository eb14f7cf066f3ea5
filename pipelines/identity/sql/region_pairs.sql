-- All pairs of the region: those weighed now, and those that nothing has touched.
create or replace table record_pairs as
select * from fresh_pairs
union all by name
select kept_pairs.*, l.node as node_l, r.node as node_r
from kept_pairs
inner join record_nodes as l on kept_pairs.record_key_l = l.record_key
inner join record_nodes as r on kept_pairs.record_key_r = r.record_key;
