-- How common each value is among persons. A name is counted among those who have a number. A telephone or a home is
-- counted by those who have a number or by the different names that give it, less the one that is compared: so
-- somebody with forty cases does not make it common, and four hundred owners under one property company's do.
create or replace table population_size as
select greatest(count(distinct node) filter (where number is not null), 2)::double as nodes
from records;

-- Of those who say anything at all: two that are compared both do. What one person alone gives is not written down
-- value by value, but once for each field under the key 0.
create or replace table value_frequencies as
with sayers as (
    select field, greatest(sum(persons), 2) as persons
    from counted_values
    group by field
)

select counted_values.field, counted_values.value_key, counted_values.persons / sayers.persons as frequency
from counted_values
inner join sayers on counted_values.field = sayers.field
where counted_values.persons > 1
union all
select field, 0::ubigint as value_key, 1 / persons as frequency
from sayers;
