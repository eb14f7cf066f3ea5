-- How common each value is among persons. A name is counted among those who have a number. A telephone or a home is
-- counted by those who have a number or by the different names that give it, less the one that is compared: so
-- somebody with forty cases does not make it common, and four hundred owners under one property company's do.
create or replace table population_size as
select greatest(count(distinct node) filter (where starts_with(node, 'number|')), 2)::double as nodes
from record_nodes;

-- Of those who say anything at all: two that are compared both do.
create or replace table value_frequencies as
select field, value, persons, persons / greatest(sum(persons) over (partition by field), 2) as frequency
from counted_values;

-- What one person alone gives is not written down value by value, but once for each field under the key 0.
create or replace table next_frequencies as
select field, hash(value) as value_key, frequency
from value_frequencies
where persons > 1
union all
select field, 0::ubigint as value_key, 1 / greatest(sum(persons), 2) as frequency
from counted_values
group by field;
