-- Stewards' decisions about records as pairs of nodes. Where several record pairs map to one pair
-- of nodes the newest decision applies, except that "different" always prevails.
create or replace table constrained_pairs as
select
    steward_decisions.decision_no,
    steward_decisions.verdict,
    steward_decisions.record_key_l,
    steward_decisions.record_key_r,
    l.node as node_l,
    r.node as node_r,
    l.number is not null as is_identified_l,
    r.number is not null as is_identified_r,
    least(l.node, r.node) as first_node,
    greatest(l.node, r.node) as second_node
from steward_decisions
inner join records as l on steward_decisions.record_key_l = l.record_key
inner join records as r on steward_decisions.record_key_r = r.record_key
where l.node <> r.node;

create or replace table cannot_link as
select first_node, second_node, max(decision_no) as decision_no
from constrained_pairs
where verdict = 'different'
group by all;

create or replace table must_link as
select
    constrained_pairs.*,
    cannot_link.decision_no is not null as is_contradicted
from constrained_pairs
left join cannot_link using (first_node, second_node)
where verdict = 'same'
qualify row_number() over (partition by first_node, second_node order by constrained_pairs.decision_no desc) = 1;

create or replace table unsure_pairs as
select distinct first_node, second_node
from constrained_pairs
where verdict = 'unsure';

-- Records that a steward has linked to an identified person: no other candidates are considered for
-- them.
create or replace table answered_nodes as
select distinct
    if(is_identified_l, node_r, node_l) as node
from must_link
where not is_contradicted and is_identified_l <> is_identified_r;
