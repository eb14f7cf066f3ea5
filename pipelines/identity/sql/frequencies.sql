-- How common each value is among persons as far as the exact rules know them, so that
-- somebody with forty cases does not make a name or a telephone common.
create or replace table population_size as
select greatest(count(distinct node), 2)::double as nodes from record_nodes;

create or replace table value_frequencies as
with spoken as (
    select record_nodes.node, unnest([
        {{'field': 'name', 'value': name}},
        {{'field': 'phone', 'value': phone}},
        {{'field': 'house', 'value': house}},
        {{'field': 'house', 'value': owned_house_code}},
        {{'field': 'hukou_no', 'value': hukou_no}},
        {{'field': 'estate_key', 'value': estate_key}},
        {{'field': 'community_code', 'value': community_code}},
        {{'field': 'work_community_code', 'value': work_community_code}}
    ], recursive := true)
    from records
    inner join record_nodes using (record_key)
),

-- Of those who say anything at all: two that are compared both do.
counted as (
    select field, value, count(distinct node) as nodes
    from spoken
    where value is not null
    group by field, value
)

select field, value, nodes / greatest(sum(nodes) over (partition by field), 2) as frequency
from counted;
