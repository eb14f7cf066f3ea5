-- The pairs scored in this run. A pair below the review threshold never joins and is never
-- reviewed: it only lowers its open side's probability for other candidates. So it ties nobody, but
-- where one side is touched, its open side is affected.
create or replace table fresh_pairs as
select *
from record_pairs
where record_key_l in (select record_key from touched) or record_key_r in (select record_key from touched);

create or replace table affected as
with weak as (
    select record_key_l, record_key_r, is_identified_l, is_identified_r
    from fresh_pairs
    where match_probability < {review_from}
    union all
    select record_key_l, record_key_r, is_identified_l, is_identified_r
    from {pairs}
    where match_probability < {review_from}
)

select record_key_l as record_key
from weak
where not is_identified_l and record_key_r in (select record_key from touched)
union
select record_key_r
from weak
where not is_identified_r and record_key_l in (select record_key from touched);

-- Everything that ties records of two persons together, or newly scored ones to anybody.
create or replace table ties as
select record_key_l, record_key_r from fresh_pairs where match_probability >= {review_from}
union all
select record_key_l, record_key_r from {pairs} where is_between_persons
union all
select record_key_l, record_key_r from {review}
union all
select record_key_l, record_key_r from two_number_pairs
union all
select record_key_l, record_key_r from steward_decisions;

-- The previous person of a record; a record without one stands for itself.
create or replace table tied_persons as
with keys as (
    select unnest([record_key_l, record_key_r]) as record_key from ties
    union
    select record_key from touched
    union
    select record_key from affected
)

select keys.record_key, coalesce(assignments.person_id, keys.record_key) as person
from keys
left join {assignments} as assignments on keys.record_key = assignments.record_key;

create or replace table person_ties as
with tied as (
    select l.person as person_l, r.person as person_r
    from ties
    inner join tied_persons as l on ties.record_key_l = l.record_key
    inner join tied_persons as r on ties.record_key_r = r.record_key
    where l.person <> r.person
)

select person_l as person, person_r as neighbour from tied
union
select person_r, person_l from tied;

create or replace table region_persons as
select distinct person
from tied_persons
where record_key in (select record_key from touched) or record_key in (select record_key from affected);
