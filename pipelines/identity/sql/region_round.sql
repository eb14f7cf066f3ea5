create or replace table next_persons as
select distinct neighbour as person
from person_ties
inner join region_persons using (person)
where neighbour not in (select person from region_persons);

insert into region_persons select person from next_persons;
