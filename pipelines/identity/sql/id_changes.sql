-- Where the records of each earlier id went.
create or replace table id_moves as
select
    prior_assignments.person_id as old_id,
    cluster_ids.person_id as new_id,
    count(cluster_records.record_key) as records,
    min(cluster_records.record_key) as first_record_key,
    bool_or(cluster_records.number is not null) as has_number
from prior_assignments
left join cluster_records on prior_assignments.record_key = cluster_records.record_key
left join cluster_ids on cluster_records.cluster = cluster_ids.cluster
group by all;

-- The id that an earlier id now resolves to: itself if still in use, else the one that took most of
-- its records; null if all its records are gone.
create or replace table id_successors as
select
    old_id,
    case
        when bool_or(old_id in (select person_id from cluster_ids)) then old_id
        else arg_max(new_id, (records, first_record_key)) filter (where new_id is not null)
    end as successor
from id_moves
group by old_id;

-- Changes caused by a steward's decision: its two records came together, or were separated.
create or replace table decided_moves as
with placed as (
    select cluster_records.record_key, cluster_ids.person_id
    from cluster_records
    inner join cluster_ids on cluster_records.cluster = cluster_ids.cluster
),

decided as (
    select
        steward_decisions.decision_no,
        steward_decisions.verdict,
        old_l.person_id as old_l,
        old_r.person_id as old_r,
        new_l.person_id as new_l,
        new_r.person_id as new_r
    from steward_decisions
    inner join prior_assignments as old_l on steward_decisions.record_key_l = old_l.record_key
    inner join prior_assignments as old_r on steward_decisions.record_key_r = old_r.record_key
    inner join placed as new_l on steward_decisions.record_key_l = new_l.record_key
    inner join placed as new_r on steward_decisions.record_key_r = new_r.record_key
)

select
    old_id,
    new_id,
    arg_max('a steward decided: ' || verdict || ' (decision ' || decision_no || ')', decision_no) as reason
from (
    select unnest([old_l, old_r]) as old_id, new_l as new_id, verdict, decision_no
    from decided
    where verdict = 'same' and old_l <> old_r and new_l = new_r
    union all
    select old_l, unnest([new_l, new_r]), verdict, decision_no
    from decided
    where verdict <> 'same' and old_l = old_r and new_l <> new_r
)
group by old_id, new_id;

create or replace table id_changes as
with changes as (
    select
        id_moves.old_id,
        id_moves.new_id,
        case
            when id_moves.new_id = id_successors.successor then 'merged'
            when id_moves.new_id in (select person_id from prior_ids) then 'moved'
            else 'split'
        end as change,
        case
            when decided_moves.reason is not null then decided_moves.reason
            when id_moves.has_number then 'records with an identity number now belong together'
            else 'the evidence for its records changed'
        end as reason
    from id_moves
    inner join id_successors on id_moves.old_id = id_successors.old_id
    left join decided_moves on id_moves.old_id = decided_moves.old_id and id_moves.new_id = decided_moves.new_id
    where id_moves.new_id is not null and id_moves.new_id <> id_moves.old_id
    union all
    select old_id, null, 'retired', 'no record names this person any more'
    from id_successors
    where successor is null
    union all
    select cluster_ids.person_id, cluster_ids.person_id, 'revived', 'its records stand for a person of their own again'
    from cluster_ids
    inner join prior_ids on cluster_ids.person_id = prior_ids.person_id
    where prior_ids.current_person_id is distinct from prior_ids.person_id
)

select old_id, new_id, change, date '{as_of}' as as_of, reason from changes;

-- The registry: every id ever given, and the one it now resolves to.
create or replace table next_ids as
with standing as (
    select
        prior_ids.person_id,
        case
            when prior_ids.person_id in (select person_id from cluster_ids) then prior_ids.person_id
            when id_successors.old_id is not null then id_successors.successor
            else prior_ids.current_person_id
        end as current_person_id,
        prior_ids.current_person_id as prior_current,
        prior_ids.first_seen_on,
        prior_ids.changed_on
    from prior_ids
    left join id_successors
        on coalesce(prior_ids.current_person_id, prior_ids.person_id) = id_successors.old_id
)

select
    person_id,
    current_person_id,
    case
        when current_person_id = person_id then 'current'
        when current_person_id is null then 'retired'
        else 'merged'
    end as status,
    first_seen_on,
    if(current_person_id is distinct from prior_current, date '{as_of}', changed_on) as changed_on
from standing
union all
select person_id, person_id, 'current', date '{as_of}', date '{as_of}'
from cluster_ids
where person_id not in (select person_id from prior_ids);
