-- Records of {table} touched on the day, which of their faults are corrected, and which records are
-- deleted.
alter table {table} add column _record varchar;
update {table} set _record = {record};
create or replace temp table linked as
select r.source_record_id as record_id, min(substr(r.true_id, 2)::bigint) as person_no
from truth_records as r join {table} as t on t._record = r.source_record_id
where r.system = '{system}' and r.table_name = '{name}' and r.entity = 'person'
group by all;
create or replace temp table saved as
select _record as record_id from {table} where not {is_deleted} and u('saved {table}', _record) < {saved};
create or replace temp table corrections as
select record_id, column_name
from truth_dirt join saved on record_id = source_record_id
where system = '{system}' and table_name = '{name}' and column_name in ({columns})
    and regexp_matches(dirt_type, '^(id|name|phone|birth)_|^sex_contradicts_id$')
    and record_id in (select record_id from linked)
    and u('corrected {table}', record_id || column_name) < {corrected}
union
select record_id, '{phone}' from linked join new_phones using (person_no)
where '{phone}' <> '' and u('told {table}', record_id) < {told};
insert into saved select record_id from corrections where record_id not in (from saved);
create or replace temp table gone as
select _record as record_id from {table} as t
where not {is_deleted} and u('gone {table}', _record) < {deleted} and _record not in (from saved)
    and not ({is_referenced});
