-- Grant claims that rank first on both sides; the others compete for the rest in the next round.
create or replace table granted as
select cluster, person_id
from (
    select
        cluster,
        person_id,
        row_number() over (
            partition by cluster order by records desc, first_seen_on, person_id
        ) as rank_in_cluster,
        row_number() over (
            partition by person_id order by records desc, first_record_key
        ) as rank_of_id
    from id_claims
)
where rank_in_cluster = 1 and rank_of_id = 1;

insert into cluster_ids select cluster, person_id from granted;

create or replace table id_claims as
select id_claims.*
from id_claims
where id_claims.cluster not in (select cluster from granted)
    and id_claims.person_id not in (select person_id from granted);
