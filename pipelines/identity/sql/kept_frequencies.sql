-- How common values were when they were counted last; what was not there then, one person gives.
create or replace table population_size as
select nodes from {base};

create or replace table value_frequencies as
select
    spoken.field,
    spoken.value,
    coalesce(kept.frequency, one_person.frequency, 0.5) as frequency
from counted_values as spoken
left join {frequencies} as kept on spoken.field = kept.field and hash(spoken.value) = kept.value_key
left join {frequencies} as one_person on spoken.field = one_person.field and one_person.value_key = 0;
