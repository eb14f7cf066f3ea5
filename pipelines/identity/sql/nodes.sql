-- A node is what the exact rules already hold together: one number, or one record without.
create or replace table record_nodes as
select
    record_key,
    number,
    is_contradicted,
    case
        when number is null then 'record|' || record_key
        when is_contradicted then 'doubtful|' || number || '|' || name
        else 'number|' || number
    end as node
from records;
