-- New phones, moves and, if it records current states, deaths that have not reached {table}.
create or replace temp table left_behind as
select l.record_id, '{phone}' as column_name, 'phone_outdated' as dirt_type
from linked as l join new_phones using (person_no) join persons as p using (person_no)
join {table} as t on t._record = l.record_id
where '{phone}' <> '' and t.{phone_column} is not null and t.{phone_column} is distinct from p.phone
union all
select l.record_id, '{address}', 'address_old'
from linked as l join moves using (person_no) join persons as p using (person_no)
join truth_records as r on r.system = '{system}' and r.table_name = '{name}' and r.entity = 'house'
    and r.source_record_id = l.record_id and r.true_id = 'H' || p.old_house_id
union all
select l.record_id, known.column_name, 'dead_active'
from linked as l join deaths on deaths.person_no = l.person_no and {says_now}
join (
    select min(column_name) as column_name from truth_dirt
    where system = '{system}' and table_name = '{name}' and dirt_type = 'dead_active'
) as known on known.column_name is not null;
insert into truth_dirt
select '{system}', '{name}', record_id, column_name, dirt_type from left_behind
where column_name <> '' and not exists (
    select 1 from truth_dirt as d where d.system = '{system}' and d.table_name = '{name}'
        and d.source_record_id = record_id and d.column_name = left_behind.column_name);
