-- What Splink sees. Identified records carry a number that nothing contradicts; the others
-- are open: they are compared with the identified and with each other.
create or replace table compared as
select
    records.record_key,
    record_nodes.node,
    records.name,
    records.former_name,
    substr(records.name, 1, 1) as surname,
    length(records.name) as name_length,
    substr(records.name, 1, length(records.name) - 1) as name_head,
    substr(records.name, 2) as name_tail,
    substr(records.name, 1, 1) || substr(records.name, length(records.name)) as name_ends,
    regexp_matches(records.name, '[A-Za-z]') as name_is_latin,
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
    case when not records.is_contradicted then records.typed_number end as typed_number,
    case when not records.is_contradicted then substr(records.typed_number, 1, 12) end as number_start,
    case when not records.is_contradicted then substr(records.typed_number, 13) end as number_end,
    records.number is not null and not records.is_contradicted as is_identified
from records
inner join record_nodes on records.record_key = record_nodes.record_key;

create or replace table identified_records as
select * exclude (is_identified) from compared where is_identified;

create or replace table open_records as
select * exclude (is_identified) from compared where not is_identified;
