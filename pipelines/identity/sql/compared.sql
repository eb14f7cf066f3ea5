-- What Splink sees: each node once for every way in which its records speak of the person. Identified are the
-- nodes with a number that nothing contradicts; the others are open: they are compared with the identified and
-- with each other. Splink knows them by a number, which joins faster than a key.
create or replace table compared as
with spoken as (
    select
        records.* exclude (typed_number, number, is_contradicted),
        record_nodes.node,
        case when not records.is_contradicted then records.typed_number end as typed_number
    from records
    inner join record_nodes on records.record_key = record_nodes.record_key
),

ways as (
    select
        min(record_key) as record_key,
        count(*) as times_spoken
    from spoken
    group by
        hash(node),
        hash(
            name, former_name, sex, birth, birth_year, birth_month, birth_day, birth_days, phone, house, hukou_no,
            estate_key, community_code, work_community_code, typed_number
        )
)

select
    row_number() over () as record_no,
    ways.record_key,
    ways.times_spoken,
    spoken.node,
    starts_with(spoken.node, 'number|') as is_identified,
    spoken.name,
    spoken.former_name,
    spoken.sex,
    spoken.birth,
    spoken.birth_year,
    spoken.birth_month,
    spoken.birth_day,
    spoken.birth_days,
    spoken.phone,
    spoken.house,
    spoken.hukou_no,
    spoken.estate_key,
    spoken.community_code,
    spoken.work_community_code,
    spoken.typed_number,
    name_sounds.name_sound,
    substr(spoken.name, 1, 1) as surname,
    length(spoken.name) as name_length,
    substr(spoken.name, 1, length(spoken.name) - 1) as name_head,
    substr(spoken.name, 2) as name_tail,
    substr(spoken.name, 1, 1) || substr(spoken.name, length(spoken.name)) as name_ends,
    regexp_matches(spoken.name, '[A-Za-z]') as name_is_latin,
    substr(spoken.typed_number, 1, 12) as number_start,
    substr(spoken.typed_number, 13) as number_end
from ways
inner join spoken on ways.record_key = spoken.record_key
left join name_sounds on spoken.name = name_sounds.name;

create or replace view identified_records as
select * from compared where is_identified;

create or replace view open_records as
select * from compared where not is_identified;
