-- Term frequencies of values among persons. Names are counted over persons with a number. A
-- telephone or a home is counted by the persons with a number who give it or by one less than its
-- distinct names, whichever is more: one person with forty cases does not make it common, four
-- hundred owners under one property company's telephone do.
create or replace table population_size as
select greatest(count(distinct node) filter (where number is not null), 2)::double as nodes
from records;

-- Relative to those who give a value at all, as both sides of a comparison do. Values that only one
-- person gives are not stored one by one, but once per field under the key 0.
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
