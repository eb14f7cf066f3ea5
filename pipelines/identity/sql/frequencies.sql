-- How common each value is among persons as far as the exact rules know them, so that
-- somebody with forty cases does not make a name or a telephone common.
create or replace table population_size as
select greatest(count(distinct node), 2)::double as nodes from record_nodes;

create or replace table value_frequencies as
select field, value, count(distinct node) / (select nodes from population_size) as frequency
from spoken_values
group by field, value;

-- A value that one person alone has is not written down.
create or replace table next_frequencies as
select field, hash(value) as value_key, frequency
from value_frequencies
where frequency > 1.5 / (select nodes from population_size);
