-- Splink's input: one row per node and distinct set of values its records give. Nodes with a number
-- are identified; the others are open and are compared with the identified ones and with each
-- other. Splink's key is the row id of the record with the smallest key in the group.
create or replace table compared as
with ways as (
    select arg_min(rowid, record_key) as record_no, count(*) as times_spoken
    from records
    group by
        node,
        hash(
            name, former_name, sex, birth, birth_year, birth_month, birth_day, birth_days, phone, house, hukou_no,
            estate_key, community_code, work_community_code, typed_number
        )
)

select
    ways.record_no,
    ways.times_spoken,
    records.node,
    records.number is not null as is_identified,
    records.name,
    records.former_name,
    records.sex,
    records.birth,
    records.birth_year,
    records.birth_month,
    records.birth_day,
    records.birth_days,
    records.phone,
    records.house,
    records.hukou_no,
    records.estate_key,
    records.community_code,
    records.work_community_code,
    records.typed_number,
    name_sounds.name_sound,
    length(records.name) as name_length,
    substr(records.name, 1, length(records.name) - 1) as name_head,
    substr(records.name, 2) as name_tail,
    substr(records.name, 1, 1) || substr(records.name, length(records.name)) as name_ends,
    regexp_matches(records.name, '[A-Za-z]') as name_is_latin,
    unnest(blocking_parts(records.name, records.typed_number))
from ways
inner join records on ways.record_no = records.rowid
left join name_sounds on records.name = name_sounds.name;

create or replace view identified_records as
select * from compared where is_identified;

create or replace view open_records as
select * from compared where not is_identified;
