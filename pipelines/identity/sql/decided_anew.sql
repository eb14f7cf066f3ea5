-- Records of pairs that were decided, or decided again, since the previous run.
create or replace table decided_anew as
with ruling as (
    select record_key_l, record_key_r, decision_no from steward_decisions
),

obeyed as (
    select record_key_l, record_key_r, decision_no from {obeyed}
)

select distinct unnest([record_key_l, record_key_r]) as record_key
from (
    (select * from ruling except select * from obeyed)
    union all
    (select * from obeyed except select * from ruling)
);
