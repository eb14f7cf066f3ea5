-- How common each value is among persons. A name is counted among those who have a number. A telephone or a home is
-- counted by those who have a number or by the different names that give it, less the one that is compared: so
-- somebody with forty cases does not make it common, and four hundred owners under one property company's do.
create or replace table population_size as
select greatest(count(distinct node) filter (where starts_with(node, 'number|')), 2)::double as nodes
from record_nodes;

create or replace table value_frequencies as
with spoken as (
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
),

counted as (
    select
        field,
        value,
        greatest(
            count(distinct node) filter (where starts_with(node, 'number|')), count(distinct speaker) - 1, 1
        ) as persons
    from spoken
    where value is not null
    group by field, value
)

-- Of those who say anything at all: two that are compared both do.
select field, value, persons / greatest(sum(persons) over (partition by field), 2) as frequency
from counted;
