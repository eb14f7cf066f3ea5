-- The candidates in the shape in which they are compared. Deleted rows and rows that
-- name nobody take no part.
create or replace table candidates as
select
    record_key,
    source_system,
    source_table,
    source_record_id,
    case when id_number_status in ('valid', 'foreign') then id_number end as number,
    case
        when id_number_status = 'valid' then id_number
        when length(id_number_unverified) = 18 then id_number_unverified
    end as typed_number,
    name_standard as name,
    former_name,
    case when sex_code in ('1', '2') then sex_code end as sex,
    birth_year,
    birth_month,
    birth_day,
    birth_year * 10000 + birth_month * 100 + birth_day as birth,
    birth_date - date '1900-01-01' as birth_days,
    case when id_number_status = 'valid' then try_cast(substr(id_number, 7, 8) as integer) end as number_birth,
    phone,
    house_code,
    owned_house_code,
    address_standard,
    estate_key,
    community_code,
    work_community_code,
    hukou_no,
    same_person_record_key,
    updated_at
from {source}
where not coalesce(is_deleted, false) and (name_standard is not null or id_number_status in ('valid', 'foreign'));

-- An address names a house where other records give both and most of them agree; an address
-- that stops at the estate agrees on none.
create or replace table address_houses as
select address_standard, arg_max(house_code, (records, house_code)) as house_code
from (
    select address_standard, house_code, count(*) as records
    from candidates
    where address_standard is not null and house_code is not null
    group by all
)
group by address_standard
having max(records) > 0.6 * sum(records);

-- What a valid number says of its holder, and the name that most of its records give.
create or replace table number_holders as
with spoken as (
    select
        number,
        name,
        max(former_name) as former_name,
        count(*) as records,
        count(*) filter (
            where birth is null or number_birth is null or birth = number_birth
        ) as agreeing,
        count(*) filter (where source_system = 'population') as from_register
    from candidates
    where number is not null and name is not null
    group by all
)

select
    number,
    arg_max(name, (agreeing, from_register, records, name)) as holder_name,
    max(former_name) as holder_former_name
from spoken
group by number;

-- A number is contradicted where the name is someone else's, and so is the date of birth, or the name has no given
-- name in common with the holder's, or it is that of another who shares the telephone or the house: then the number
-- is a relative's or mistyped, and joins nothing by itself. (Where a source gives no date of birth, staging has taken
-- the number's.)
create or replace table judged_records as
select
    candidates.*,
    coalesce(candidates.house_code, address_houses.house_code) as house,
    coalesce(
        candidates.number_birth is not null
        and candidates.name <> holders.holder_name
        and candidates.name is distinct from holders.holder_former_name
        and candidates.former_name is distinct from holders.holder_name
        and not candidates.name like replace(holders.holder_name, '?', '_')
        and not holders.holder_name like replace(candidates.name, '?', '_'),
        false
    ) as is_other_name,
    coalesce(candidates.birth <> candidates.number_birth, false)
    or (
        substr(candidates.name, 1, 1) <> substr(holders.holder_name, 1, 1)
        and substr(candidates.name, 2) <> substr(holders.holder_name, 2)
    )
    or (
        length(candidates.name) = 3
        and length(holders.holder_name) = 3
        and substr(candidates.name, 2, 1) <> substr(holders.holder_name, 2, 1)
        and substr(candidates.name, 3, 1) <> substr(holders.holder_name, 3, 1)
    ) as is_other_person
from candidates
left join number_holders as holders on candidates.number = holders.number
left join address_houses on candidates.address_standard = address_houses.address_standard;

create or replace table records_named_as_neighbours as
with suspected as (
    select record_key, number, name, unnest([phone, house, owned_house_code]) as contact
    from judged_records
    where is_other_name and not is_other_person
)

select distinct suspected.record_key
from suspected
inner join judged_records as neighbours
    on suspected.name = neighbours.name
    and suspected.number <> neighbours.number
    and suspected.contact in (neighbours.phone, neighbours.house, neighbours.owned_house_code);

create or replace table records as
select
    judged_records.* exclude (house_code, is_other_name, is_other_person),
    is_other_name and (is_other_person or records_named_as_neighbours.record_key is not null) as is_contradicted
from judged_records
left join records_named_as_neighbours on judged_records.record_key = records_named_as_neighbours.record_key;

-- A record that names another record of its person by that record's key, and by the same name, is that person's.
-- If just one number is known under such a key, it is the number of all.
create or replace table keyed_records as
with referring as (
    select records.record_key, named.record_key as own_key
    from records
    inner join records as named
        on records.same_person_record_key = named.record_key and records.name = named.name
),

keyed as (
    select record_key, own_key from referring
    union
    select own_key, own_key from referring
)

select
    keyed.record_key,
    keyed.own_key,
    min(records.number) filter (where not records.is_contradicted) over own as first_number,
    max(records.number) filter (where not records.is_contradicted) over own as last_number
from keyed
inner join records on keyed.record_key = records.record_key
window own as (partition by keyed.own_key);

-- A node is what the exact rules already hold together: one number, one key of a source, or one record.
create or replace table record_nodes as
select
    records.record_key,
    records.number,
    records.is_contradicted,
    case
        when records.is_contradicted then 'doubtful|' || records.number || '|' || records.name
        when records.number is not null then 'number|' || records.number
        when keyed_records.first_number = keyed_records.last_number then 'number|' || keyed_records.first_number
        else 'record|' || coalesce(keyed_records.own_key, records.record_key)
    end as node
from records
left join keyed_records on records.record_key = keyed_records.record_key;
