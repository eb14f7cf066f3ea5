-- A split part without an id reclaims the earliest unused id derived from one of its own records.
insert into cluster_ids
with wanting as (
    select cluster, record_key
    from cluster_records
    where cluster not in (select cluster from cluster_ids)
),

unused as (
    select person_id, first_seen_on
    from prior_ids
    where person_id not in (select person_id from cluster_ids)
),

made as (
    select
        cluster,
        record_key,
        generation,
        'P' || upper(substr(sha256('person|' || generation || '|' || record_key), 1, 16)) as person_id
    from wanting, range(0, {last_generation}) as generations (generation)
)

select cluster, arg_min(person_id, (first_seen_on, record_key, generation)) as person_id
from made
inner join unused using (person_id)
group by cluster;
