-- Which values the records of each node give.
create or replace view spoken_values as
select node, field, value
from (
    select record_nodes.node, unnest([
        {{'field': 'name', 'value': name}},
        {{'field': 'phone', 'value': phone}},
        {{'field': 'house', 'value': house}},
        {{'field': 'hukou_no', 'value': hukou_no}},
        {{'field': 'estate_key', 'value': estate_key}},
        {{'field': 'community_code', 'value': community_code}}
    ], recursive := true)
    from records
    inner join record_nodes using (record_key)
)
where value is not null;
