-- One row per pair of nodes with its strongest evidence, regardless of which record is left or
-- right. Pairs that a steward has decided or answered are not scored again.
create or replace table node_pairs as
with best as (
    select arg_max(rowid, (match_weight, hash(record_key_l), hash(record_key_r))) as pair_no
    from record_pairs
    where node_l <> node_r
    group by least(node_l, node_r), greatest(node_l, node_r)
),

strongest as (
    select
        *,
        least(node_l, node_r) as first_node,
        greatest(node_l, node_r) as second_node,
        is_identified_l <> is_identified_r as has_identified_side,
        if(is_identified_l, node_r, node_l) as open_node
    from record_pairs
    where rowid in (select pair_no from best)
)

select strongest.*
from strongest
anti join cannot_link using (first_node, second_node)
anti join must_link using (first_node, second_node)
where not (has_identified_side and open_node in (select node from answered_nodes));

-- At most one identified person can be the match, so each candidate is weighed against its rivals:
-- two equally good namesakes share the probability instead of producing two links. Decimals make
-- the sum independent of order.
create or replace table rival_odds as
select
    open_node,
    sum(power(2, least(match_weight, 80))::decimal(38, 9))::double as odds,
    max(match_weight) as best_weight
from node_pairs
where has_identified_side
group by open_node;

create or replace table decided_pairs as
with weighed as (
    select
        node_pairs.*,
        power(2, node_pairs.match_weight) / (1 + coalesce(rival_odds.odds, power(2, node_pairs.match_weight)))
            as probability,
        coalesce(node_pairs.match_weight = rival_odds.best_weight, true) as is_best
    from node_pairs
    left join rival_odds on if(node_pairs.has_identified_side, node_pairs.open_node, null) = rival_odds.open_node
),

decided as (
    select
        * exclude (probability, outcomes, weights),
        {evidence} as evidence,
        round(probability, 6) as probability,
        case
            when is_twin_suspected then if(match_probability >= {review}, 'twin_suspected', 'dropped')
            when probability >= {link} then 'linked'
            when is_best and match_probability >= {link} then 'rival_candidates'
            when probability >= {review} then 'between_thresholds'
            else 'dropped'
        end as decision,
        false as is_stewards
    from weighed
)

select * from decided where decision <> 'dropped'
union all by name
select
    record_key_l,
    record_key_r,
    node_l,
    node_r,
    is_identified_l,
    is_identified_r,
    first_node,
    second_node,
    1.0 as probability,
    if(is_contradicted, 'decision_conflict', 'linked') as decision,
    true as is_stewards
from must_link;
