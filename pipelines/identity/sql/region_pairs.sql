-- All pairs of the region: those weighed now, and those that nothing has touched. A rival outside of the region
-- is known by the digest of its node alone.
create or replace table record_pairs as
select * from fresh_pairs
union all by name
select
    kept_pairs.*,
    coalesce(node_of(l.number, l.record_key), if(is_identified_l, 'number|', 'record|') || '#' || node_key_l) as node_l,
    coalesce(node_of(r.number, r.record_key), if(is_identified_r, 'number|', 'record|') || '#' || node_key_r) as node_r
from kept_pairs
left join records as l on kept_pairs.record_key_l = l.record_key
left join records as r on kept_pairs.record_key_r = r.record_key;
