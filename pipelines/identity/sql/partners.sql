-- Records that touched ones can be compared with: open records with everybody, identified ones with
-- open ones, plus those that share name and birth date with an identified one, since two numbers
-- may belong to one person. Equal digests of two values may name a few too many, never too few.
-- A table, because `next_seen` follows `records`.
create or replace table touched_keys as
select * from next_seen;

-- Two passes, because every condition is evaluated on every row and only one record in ten is open.
create or replace table compared_keys as
select record_key from touched
union
select record_key
from {seen}
where {blocked_with_open}
    or hash(name_key, birth_key) in (
        select hash(name_key, birth_key)
        from touched_keys
        where number_key is not null and name_key is not null and birth_key is not null
    )
union
select record_key
from (select * from {seen} where number_key is null)
where {blocked_with_identified};
