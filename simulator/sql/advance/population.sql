-- One day of {table}: corrections, new phones, moves, deaths, re-verification, deletions.
create or replace temp table linked as
select t.{key} as record_id, substr(r.true_id, 2)::bigint as person_no
from {table} as t
join truth_records as r
    on r.system = 'population' and r.table_name = '{table}' and r.entity = 'person' and r.source_record_id = t.{key};

create or replace temp table faults_before as
select source_record_id as record_id, column_name, dirt_type from truth_dirt
where system = 'population' and table_name = '{table}';

create or replace temp table work as
select l.record_id, l.person_no,
    p.id_number, p.name, p.birth_date, p.sex_code, p.phone, p.presence, p.house_id,
    n.person_no is not null as has_new_phone, m.person_no is not null as has_moved, d.person_no is not null as has_died,
    n.person_no is not null and u('phone told', l.record_id) < 0.75 as tells_phone,
    m.person_no is not null and u('move told', l.record_id) < 0.75 as tells_move,
    d.person_no is not null and u('death told', l.record_id) < 0.8 as tells_death,
    c.record_id is not null as is_corrected, u('verified', l.record_id) < 0.004 as is_verified,
    c.columns as corrected_columns
from linked as l
join persons as p using (person_no)
left join new_phones as n using (person_no)
left join moves as m using (person_no)
left join deaths as d using (person_no)
left join (
    select record_id, list(column_name) as columns from faults_before
    where dirt_type in ('id_missing', 'id_15_digit', 'id_checksum_failed', 'id_of_another', 'id_formatting',
            'name_lookalike', 'name_former', 'name_blank', 'name_honorific', 'name_unencodable', 'birth_swapped',
            'birth_default', 'birth_year_off', 'birth_lunar', 'sex_contradicts_id', 'phone_missing', 'phone_outdated',
            'phone_of_relative', 'phone_placeholder', 'dead_active')
        and u('correct', record_id || column_name) < 0.006
    group by record_id
) as c using (record_id)
where n.person_no is not null or m.person_no is not null or d.person_no is not null or c.record_id is not null
    or u('verified', l.record_id) < 0.004;

update {table} as t set
    id_number = case when list_contains(w.corrected_columns, 'id_number') then w.id_number else t.id_number end,
    name = case when list_contains(w.corrected_columns, 'name') then w.name else t.name end,
    birth_date = case when list_contains(w.corrected_columns, 'birth_date')
        then strftime(w.birth_date, '%Y%m%d') else t.birth_date end,
    sex_code = case when list_contains(w.corrected_columns, 'sex_code') then w.sex_code else t.sex_code end,
    phone = case when list_contains(w.corrected_columns, 'phone') or w.tells_phone then w.phone else t.phone end,
    status_code = case when w.tells_death or (list_contains(w.corrected_columns, 'status_code')
        and w.presence = 'dead') then '3' else t.status_code end,
    verified_at = case when w.is_verified or w.tells_move then at_zone(timestamp '{today}' + interval 9 hour)
        else t.verified_at end,
    update_time = at_zone(timestamp '{today}' + interval (21600 + pick('advance', t.{key}, 43200)) second)
from work as w
where w.record_id = t.{key}
    and (w.is_corrected or w.tells_phone or w.tells_move or w.tells_death or w.is_verified);

update {table} as t set
    residence_address = h.address, residence_house_code = h.house_code, community_code = h.community_code,
    grid_code = h.grid_code
from work as w join houses as h using (house_id)
where w.record_id = t.{key} and w.tells_move;

update {table} as t set
    is_deleted = true,
    update_time = at_zone(timestamp '{today}' + interval (21600 + pick('advance', t.{key}, 43200)) second)
where t.status_code = '2' and not t.is_deleted and u('deleted', t.{key}) < 0.004;

delete from truth_dirt as d using work as w
where d.system = 'population' and d.table_name = '{table}' and d.source_record_id = w.record_id
    and (list_contains(w.corrected_columns, d.column_name)
        or (w.tells_phone and d.column_name = 'phone')
        or (w.tells_move and d.column_name in ('residence_address', 'grid_code'))
        or (w.tells_death and d.column_name = 'status_code'));

insert into truth_dirt
select 'population', '{table}', w.record_id, 'phone', 'phone_outdated'
from work as w join {table} as t on t.{key} = w.record_id
where w.has_new_phone and not w.tells_phone and t.phone is not null and not exists (
    select 1 from truth_dirt as d where d.system = 'population' and d.table_name = '{table}'
        and d.source_record_id = w.record_id and d.column_name = 'phone')
union all
select 'population', '{table}', w.record_id, 'residence_address', 'address_old'
from work as w join {table} as t on t.{key} = w.record_id
where w.has_moved and not w.tells_move and t.residence_address is not null and not exists (
    select 1 from truth_dirt as d where d.system = 'population' and d.table_name = '{table}'
        and d.source_record_id = w.record_id and d.dirt_type in ('address_old', 'address_missing'))
union all
select 'population', '{table}', w.record_id, 'status_code', 'dead_active' from work as w
where w.has_died and not w.tells_death;

delete from truth_records as r using work as w
where r.system = 'population' and r.table_name = '{table}' and r.entity = 'house' and w.tells_move
    and r.source_record_id = w.record_id;
insert into truth_records
select 'population', '{table}', w.record_id, 'house', 'H' || w.house_id from work as w where w.tells_move;
