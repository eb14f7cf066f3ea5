-- Which values the records of each node give.
create or replace view spoken_values as
select node, speaker, field, value
from (
    select
        record_nodes.node,
        records.name as speaker,
        unnest([
            {{'field': 'name', 'value': name}},
            {{'field': 'phone', 'value': phone}},
            {{'field': 'house', 'value': house}},
            {{'field': 'hukou_no', 'value': hukou_no}},
            {{'field': 'estate_key', 'value': estate_key}},
            {{'field': 'community_code', 'value': community_code}},
            {{'field': 'work_community_code', 'value': work_community_code}}
        ], recursive := true)
    from records
    inner join record_nodes on records.record_key = record_nodes.record_key
)
where value is not null;
