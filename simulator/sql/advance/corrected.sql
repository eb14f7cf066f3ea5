-- Set {column} of {table} to the true value.
update {table} as t set {column} = {true_value}
from corrections as c join linked using (record_id) join persons as p using (person_no)
where c.record_id = t._record and c.column_name = '{column}';
delete from truth_dirt as d using corrections as c
where d.system = '{system}' and d.table_name = '{name}' and d.source_record_id = c.record_id
    and d.column_name = c.column_name and c.column_name = '{column}';
