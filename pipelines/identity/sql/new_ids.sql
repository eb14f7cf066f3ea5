-- A cluster without an id gets one derived from its smallest record key. If another cluster uses
-- that id (the record was once that person's first), the next generation is taken. An unused id was
-- derived from the same record, so a split gives it back.
insert into cluster_ids
with wanting as (
    select distinct cluster from cluster_records where cluster not in (select cluster from cluster_ids)
),

generations as (
    select
        cluster,
        generation,
        'P' || upper(substr(sha256('person|' || generation || '|' || cluster), 1, 16)) as person_id
    from wanting, range({first_generation}, {last_generation}) as generations (generation)
)

select cluster, arg_min(person_id, generation) as person_id
from generations
where person_id not in (select person_id from cluster_ids)
    and person_id not in (select person_id from ids_elsewhere)
group by cluster;
