-- Rows rewritten unchanged cancel out. A decision can change a record without changing its row.
create or replace table written_rows as
select {columns}, sum(_sign) as _sign
from (
    select {columns}, -1 as _sign from {deletions}
    union all
    select {columns}, 1 as _sign from {insertions}
)
group by {columns}
having sum(_sign) <> 0;

create or replace table decided_keys as
select unnest([record_key_l, record_key_r]) as record_key from steward_decisions
union
select unnest([record_key_l, record_key_r]) from {obeyed};

create or replace table written_keys as
select record_key from written_rows
union
select record_key from decided_keys;

create or replace table written_candidates as
select {columns} from written_rows where _sign > 0
union
select {columns} from {source} where record_key in (select record_key from decided_keys);
