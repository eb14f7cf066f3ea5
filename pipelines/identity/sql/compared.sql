-- What Splink sees: each node once for every way in which its records speak of the person. Identified are the
-- nodes with a number that nothing contradicts; the others are open: they are compared with the identified and
-- with each other. Splink knows them by a number, which joins faster than a key.
create or replace table compared as
with spoken as (
    select
        min(records.record_key) as record_key,
        count(*) as times_spoken,
        record_nodes.node,
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
        case when not records.is_contradicted then records.typed_number end as typed_number
    from records
    inner join record_nodes on records.record_key = record_nodes.record_key
    group by all
)

select
    *,
    row_number() over () as record_no,
    substr(name, 1, 1) as surname,
    length(name) as name_length,
    substr(name, 1, length(name) - 1) as name_head,
    substr(name, 2) as name_tail,
    substr(name, 1, 1) || substr(name, length(name)) as name_ends,
    regexp_matches(name, '[A-Za-z]') as name_is_latin,
    substr(typed_number, 1, 12) as number_start,
    substr(typed_number, 13) as number_end
from spoken;

create or replace table identified_records as
select * from compared where starts_with(node, 'number|');

create or replace table open_records as
select * from compared where not starts_with(node, 'number|');
