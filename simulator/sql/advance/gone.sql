-- Records deleted from {table} are missing from its next file, and their truth is no longer needed.
delete from {table} where _record in (from gone);
delete from truth_records
where system = '{system}' and table_name = '{name}' and source_record_id in (from gone);
delete from truth_dirt
where system = '{system}' and table_name = '{name}' and source_record_id in (from gone);
