-- The outcome of the previous run. An id is claimed by the clusters that hold its records; the one
-- with the most records has the best claim.
create or replace table prior_assignments as
select record_key, person_id from {assignments};

create or replace table prior_ids as
select person_id, current_person_id, first_seen_on, changed_on
from {ids}
where status <> 'current' or person_id in (select person_id from prior_assignments);

-- Ids in use by records outside this run.
create or replace view ids_elsewhere as
select person_id from {ids} where status = 'current' and person_id not in (select person_id from prior_ids);

create or replace table id_claims as
select
    cluster_records.cluster,
    prior_assignments.person_id,
    count(*) as records,
    min(prior_ids.first_seen_on) as first_seen_on,
    min(cluster_records.record_key) as first_record_key
from cluster_records
inner join prior_assignments on cluster_records.record_key = prior_assignments.record_key
left join prior_ids on prior_assignments.person_id = prior_ids.person_id
group by all;

create or replace table cluster_ids (cluster varchar, person_id varchar);
