-- Which values the records of each node give.
create or replace view spoken_values as
select person_key, is_identified, speaker_key, field, value
from (
    select
        hash(record_nodes.node) as person_key,
        starts_with(record_nodes.node, 'number|') as is_identified,
        hash(records.name) as speaker_key,
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
