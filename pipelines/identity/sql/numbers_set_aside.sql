-- Records whose number is not their person's: a steward said so of this exact number, or called two
-- records with one number different without saying whose it is. In the latter case the record that
-- only infers the number by naming another one loses it; if both carry it, the larger key loses it
-- and the pair returns to review.
create or replace table numbers_set_aside as
with holders as (
    select
        record_key,
        id_number_status not in ('valid', 'foreign') as is_inferred,
        {document} as document
    from {source}
    where record_key in (
        select unnest([record_key_l, record_key_r]) as record_key from steward_decisions
    )
),

shared as (
    select
        if(one.is_inferred and not other.is_inferred, one.record_key, other.record_key) as record_key,
        one.is_inferred or other.is_inferred as is_resolved
    from steward_decisions
    inner join holders as one on steward_decisions.record_key_l = one.record_key
    inner join holders as other on steward_decisions.record_key_r = other.record_key
    where steward_decisions.verdict = 'different'
        and one.document = other.document
        and one.record_key not in (select record_key from numbers_declared_wrong)
        and other.record_key not in (select record_key from numbers_declared_wrong)
)

select record_key, true as is_resolved from numbers_declared_wrong
union all
select record_key, bool_or(is_resolved) as is_resolved from shared group by record_key;
