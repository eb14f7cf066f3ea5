-- The tables as they are to be published.
create or replace table next_assignments as
select
    cluster_records.record_key,
    records.source_system,
    records.source_table,
    records.source_record_id,
    cluster_ids.person_id,
    case
        when cluster_records.is_contradicted then 'identity_number_doubtful'
        when records.is_number_inferred then 'source_key'
        when cluster_records.number is not null then 'identity_number'
        when cluster_records.cluster_size > 1 then 'linked'
        else 'single'
    end as match_rule,
    case
        when cluster_records.number is not null and not cluster_records.is_contradicted then 1.0
        else node_probabilities.probability
    end as match_probability,
    cluster_records.cluster_size,
    cluster_records.number is not null and not cluster_records.is_contradicted as is_number_trusted
from cluster_records
inner join records on cluster_records.record_key = records.record_key
inner join cluster_ids on cluster_records.cluster = cluster_ids.cluster
left join node_probabilities on cluster_records.node = node_probabilities.node;

create or replace table next_evidence as
select
    least(decided_pairs.record_key_l, decided_pairs.record_key_r) as record_key_l,
    greatest(decided_pairs.record_key_l, decided_pairs.record_key_r) as record_key_r,
    next_assignments.person_id,
    decided_pairs.probability as match_probability,
    round(decided_pairs.match_weight, 2) as match_weight,
    decided_pairs.evidence
from decided_pairs
inner join next_assignments on decided_pairs.record_key_l = next_assignments.record_key
where decided_pairs.decision = 'linked';

-- Two valid numbers, yet name, birth and telephone or house agree: mistyped, or one person with two.
create or replace table two_number_pairs as
with spoken as (
    select node, record_key, name, birth, unnest([phone, house]) as contact
    from identified_records
    where name is not null and birth is not null
),

identified as (
    select node, name, birth, contact, min(record_key) as record_key
    from spoken
    where contact is not null
    group by all
)

select
    first.record_key as record_key_l,
    second.record_key as record_key_r,
    'two_numbers' as decision
from identified as first
inner join identified as second
    on first.name = second.name
    and first.birth = second.birth
    and first.contact = second.contact
    and first.node < second.node
qualify row_number() over (
    partition by first.node, second.node order by first.record_key, second.record_key
) = 1;

create or replace table next_review as
with doubtful as (
    select record_key_l, record_key_r, decision, probability, round(match_weight, 2) as match_weight, evidence
    from decided_pairs
    where decision not in ('linked', 'dropped')
    union all
    select record_key_l, record_key_r, decision, null, null, null from two_number_pairs
),

placed as (
    select
        least(doubtful.record_key_l, doubtful.record_key_r) as record_key_l,
        greatest(doubtful.record_key_l, doubtful.record_key_r) as record_key_r,
        if(doubtful.record_key_l < doubtful.record_key_r, one.person_id, other.person_id) as person_id_l,
        if(doubtful.record_key_l < doubtful.record_key_r, other.person_id, one.person_id) as person_id_r,
        doubtful.decision as reason,
        doubtful.probability as match_probability,
        doubtful.match_weight,
        doubtful.evidence
    from doubtful
    inner join next_assignments as one on doubtful.record_key_l = one.record_key
    inner join next_assignments as other on doubtful.record_key_r = other.record_key
    where one.person_id <> other.person_id
)

select
    'R' || upper(substr(sha256('review|' || record_key_l || '|' || record_key_r), 1, 16)) as review_id,
    placed.*,
    'open' as status
from placed;
