-- The tables to publish.
create or replace view next_pairs as
select
    record_pairs.* replace (
        record_pairs.match_probability >= {review_from}
        and coalesce(l.cluster, record_pairs.node_l) <> coalesce(r.cluster, record_pairs.node_r)
        as is_between_persons
    )
from record_pairs
left join node_clusters as l on record_pairs.node_l = l.node
left join node_clusters as r on record_pairs.node_r = r.node;

create or replace table next_assignments as
select
    cluster_records.record_key,
    split_part(cluster_records.record_key, '|', 1) as source_system,
    split_part(cluster_records.record_key, '|', 2) as source_table,
    -- The rest of the key, including any blanks, line breaks and bars that a source uses in its
    -- keys.
    array_to_string(string_split(cluster_records.record_key, '|')[3:], '|') as source_record_id,
    cluster_ids.person_id,
    case
        when cluster_records.is_number_inferred then 'source_key'
        when cluster_records.number is not null then 'identity_number'
        when node_probabilities.is_decided then 'decided'
        when cluster_records.cluster_size > 1 then 'linked'
        else 'single'
    end as match_rule,
    case
        when cluster_records.number is not null then 1.0
        else node_probabilities.probability
    end as match_probability,
    cluster_records.cluster_size,
    cluster_records.number is not null as is_number_trusted
from cluster_records
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

create or replace table next_review as
with doubtful as (
    select record_key_l, record_key_r, decision, probability, round(match_weight, 2) as match_weight, evidence
    from decided_pairs
    where decision <> 'linked'
    union all
    select record_key_l, record_key_r, decision, null, null, null
    from two_number_pairs
    anti join cannot_link using (first_node, second_node)
    union all
    select record_key_l, record_key_r, 'number_of_both', null, null, null
    from steward_decisions
    where verdict = 'different'
        and record_key_r in (select record_key from numbers_set_aside where not is_resolved)
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
        doubtful.evidence,
        if(unsure_pairs.first_node is null, 'open', 'unsure') as status
    from doubtful
    inner join next_assignments as one on doubtful.record_key_l = one.record_key
    inner join next_assignments as other on doubtful.record_key_r = other.record_key
    inner join cluster_records as one_node on doubtful.record_key_l = one_node.record_key
    inner join cluster_records as other_node on doubtful.record_key_r = other_node.record_key
    left join unsure_pairs
        on least(one_node.node, other_node.node) = unsure_pairs.first_node
        and greatest(one_node.node, other_node.node) = unsure_pairs.second_node
    where one.person_id <> other.person_id
    -- One row per pair: reasons that need a new decision take precedence over those from scoring.
    qualify row_number() over (
        partition by least(doubtful.record_key_l, doubtful.record_key_r), greatest(doubtful.record_key_l, doubtful.record_key_r)
        order by doubtful.decision in ('decision_conflict', 'number_of_both') desc, doubtful.decision
    ) = 1
)

select
    'R' || upper(substr(sha256('review|' || record_key_l || '|' || record_key_r), 1, 16)) as review_id,
    placed.*
from placed;
