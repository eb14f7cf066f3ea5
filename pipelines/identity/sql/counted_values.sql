-- By how many each value of a field is given. First distinct, then counted: that is one pass each, where counting
-- the distinct of every group would keep a set for each of a million values.
insert into counted_values
with names as (
    select {field} as value, count(*) as speakers
    from (select distinct {field}, speaker_key from said where {field} is not null)
    group by {field}
),

holders as (
    select {field} as value, count(*) as persons
    from (select distinct {field}, person_key from said where {field} is not null and is_identified)
    group by {field}
)

select '{field}' as field, names.value, greatest(coalesce(holders.persons, 0), names.speakers - 1, 1) as persons
from names
left join holders on names.value = holders.value;
