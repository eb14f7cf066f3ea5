-- The number of persons who give each value of a field. Distinct rows first, then a count, is one
-- pass each; count(distinct) would keep a set for each of a million values.
insert into counted_values
with said as (
    select {value_key} as value_key, hash(name) as name_key, node, number is not null as is_identified
    from records
    where {field} is not null
),

names as (
    select value_key, count(*) as names
    from (select distinct value_key, name_key from said)
    group by value_key
),

holders as (
    select value_key, count(*) as persons
    from (select distinct value_key, node from said where is_identified)
    group by value_key
)

select '{field}' as field, names.value_key, greatest(coalesce(holders.persons, 0), names.names - 1, 1) as persons
from names
left join holders on names.value_key = holders.value_key;
