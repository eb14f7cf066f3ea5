-- How common values were when the base was taken; what was not there then one person has.
create or replace table population_size as
select nodes from {base};

create or replace table value_frequencies as
with spoken as (
    select distinct field, value from spoken_values
)

select
    spoken.field,
    spoken.value,
    coalesce(kept.frequency, 1 / (select nodes from population_size)) as frequency
from spoken
left join {frequencies} as kept on spoken.field = kept.field and hash(spoken.value) = kept.value_key;
