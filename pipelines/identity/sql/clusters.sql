-- Every record with its cluster. A cluster is named after its smallest record key.
create or replace table cluster_records as
with placed as (
    select
        records.record_key,
        records.number,
        records.is_number_inferred,
        records.node,
        coalesce(node_clusters.cluster, records.node) as cluster_node
    from records
    left join node_clusters on records.node = node_clusters.node
)

select
    record_key,
    number,
    is_number_inferred,
    node,
    min(record_key) over (partition by cluster_node) as cluster,
    count(*) over (partition by cluster_node) as cluster_size
from placed;

create or replace table node_probabilities as
select node, max(probability) as probability, bool_or(is_stewards) as is_decided
from (
    select unnest([node_l, node_r]) as node, probability, is_stewards
    from decided_pairs
    where decision = 'linked'
)
group by node;
