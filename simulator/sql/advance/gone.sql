-- What is deleted from {table} is not in its next file, and nobody asks for its truth any more.
delete from {table} where _record in (from gone);
delete from truth_records
where system = '{system}' and table_name = '{name}' and source_record_id in (from gone);
delete from truth_dirt
where system = '{system}' and table_name = '{name}' and source_record_id in (from gone);
