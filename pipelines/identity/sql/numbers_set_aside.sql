-- Records whose number is not their person's: a steward said so of this very number, or said that two
-- records with one number are two people, without saying whose it is (then the larger key yields).
create or replace table numbers_set_aside as
with holders as (
    select record_key, id_number
    from {source}
    where id_number_status in ('valid', 'foreign')
        and record_key in (
            select unnest([record_key_l, record_key_r]) as record_key from steward_decisions
        )
),

told as (
    select distinct holders.record_key, true as is_told
    from steward_decisions
    inner join holders on steward_decisions.wrong_number_of = holders.record_key
    where sha256(holders.record_key || '|' || holders.id_number) = steward_decisions.wrong_number_digest
),

shared as (
    select distinct one.record_key as keeps, other.record_key, false as is_told
    from steward_decisions
    inner join holders as one on steward_decisions.record_key_l = one.record_key
    inner join holders as other on steward_decisions.record_key_r = other.record_key
    where steward_decisions.verdict = 'different' and one.id_number = other.id_number
)

select record_key, is_told from told
union all
select distinct record_key, is_told
from shared
where keeps not in (select record_key from told) and record_key not in (select record_key from told);
