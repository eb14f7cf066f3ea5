create or replace table next_base as
select 'persons' as subject, '{rules_digest}' as rules_digest, nodes, {records} as records, {changed} as records_changed,
    {lake_snapshot} as lake_snapshot, {candidates_table} as candidates_table
from population_size;

create or replace table next_obeyed as
select record_key_l, record_key_r, decision_no from steward_decisions;
