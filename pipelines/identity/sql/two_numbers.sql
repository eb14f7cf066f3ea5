-- Two valid numbers, yet name, birth and telephone or house agree: mistyped, or one person with two.
create or replace table two_number_pairs as
with spoken as (
    select node, record_key, name, birth, unnest([phone, house]) as contact
    from identified_records
    where name is not null and birth is not null
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
