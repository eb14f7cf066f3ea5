-- Pairs scored by Splink, by record, with the smaller key on the left. Two entries of a register
-- are suspected twins if birth and household agree and the name does not.
create or replace table record_pairs as
with weighed as (
    select
        record_no_l,
        record_no_r,
        match_weight,
        match_probability,
        {is_like_twins} as is_like_twins,
        {outcomes} as outcomes,
        {weights} as weights
    from {weighed}
),

named as (
    select
        weighed.* exclude (record_no_l, record_no_r),
        l.record_key as record_key_l,
        r.record_key as record_key_r,
        l.node as node_l,
        r.node as node_r,
        l.number is not null as is_identified_l,
        r.number is not null as is_identified_r,
        l.record_key > r.record_key as is_swapped
    from weighed
    inner join records as l on weighed.record_no_l = l.rowid
    inner join records as r on weighed.record_no_r = r.rowid
)

select
    if(is_swapped, record_key_r, record_key_l) as record_key_l,
    if(is_swapped, record_key_l, record_key_r) as record_key_r,
    if(is_swapped, node_r, node_l) as node_l,
    if(is_swapped, node_l, node_r) as node_r,
    if(is_swapped, is_identified_r, is_identified_l) as is_identified_l,
    if(is_swapped, is_identified_l, is_identified_r) as is_identified_r,
    match_weight,
    match_probability,
    is_like_twins
    and regexp_extract(record_key_l, '^[^|]+[|][^|]+') in ({registers})
    and regexp_extract(record_key_r, '^[^|]+[|][^|]+') in ({registers}) as is_twin_suspected,
    -- Known once persons are.
    null::boolean as is_between_persons,
    outcomes,
    weights
from named;
