-- Who says what of the person: the values that are counted, whose they are, and under which name they are given.
create or replace table said as
select
    hash(record_nodes.node) as person_key,
    starts_with(record_nodes.node, 'number|') as is_identified,
    hash(records.name) as speaker_key,
    {fields}
from records
inner join record_nodes on records.record_key = record_nodes.record_key;

create or replace table counted_values (field varchar, value varchar, persons bigint);
