-- Whether a number is contradicted shows only beside all its records; of a record that nothing touched it
-- is known.
create or replace table known_open as
select record_key, is_open
from {seen}
where record_key in (select record_key from records) and record_key not in (select record_key from touched);

update records
set is_contradicted = records.number is not null and known_open.is_open
from known_open
where records.record_key = known_open.record_key;
