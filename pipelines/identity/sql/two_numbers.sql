-- Two valid numbers although name, birth date and telephone or house agree: a typo, or one person
-- with two numbers. Few share name and birth date with the holder of another number, so those are
-- found first.
create or replace table two_number_pairs as
with speakers as (
    select record_no, node, name, birth, phone, house
    from identified_records
    where name is not null and birth is not null
),

namesakes as (
    select hash(name, birth) as name_and_birth
    from speakers
    group by name_and_birth
    having min(node) <> max(node)
),

spoken as (
    select
        speakers.node,
        records.record_key,
        speakers.name,
        speakers.birth,
        unnest([speakers.phone, speakers.house]) as contact
    from speakers
    inner join records on speakers.record_no = records.rowid
    where hash(speakers.name, speakers.birth) in (select name_and_birth from namesakes)
),

identified as (
    select node, name, birth, contact, min(record_key) as record_key
    from spoken
    where contact is not null
    group by all
)

select
    first.record_key as record_key_l,
    second.record_key as record_key_r,
    first.node as first_node,
    second.node as second_node,
    'two_numbers' as decision
from identified as first
inner join identified as second
    on first.name = second.name
    and first.birth = second.birth
    and first.contact = second.contact
    and first.node < second.node
qualify row_number() over (
    partition by first.node, second.node order by first.record_key, second.record_key
) = 1;
