-- Term frequencies as last counted.
create or replace table population_size as
select nodes from {base};

create or replace view value_frequencies as
select field, value_key, frequency from {frequencies};
