-- The candidates in the shape in which they are compared. Deleted rows and rows that
-- name nobody take no part.
create or replace table candidates as
select
    record_key,
    source_system,
    source_table,
    source_record_id,
    case when id_number_status in ('valid', 'foreign') then id_number else inferred_id_number end as number,
    id_number_status not in ('valid', 'foreign') and inferred_id_number is not null as is_number_inferred,
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
    coalesce(house_code, owned_house_code) as house_code,
    address_standard,
    estate_key,
    community_code,
    work_community_code,
    hukou_no,
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

-- A number is contradicted where the name is someone else's and the date of birth too, or the name has
-- nothing in common with the holder's: then it is a relative's or mistyped, and joins nothing by itself.
-- (Where a source gives no date of birth, staging has taken the number's.)
create or replace table records as
with judged as (
    select
        candidates.*,
        coalesce(candidates.house_code, address_houses.house_code) as house,
        candidates.name <> holders.holder_name
        and candidates.name is distinct from holders.holder_former_name
        and candidates.former_name is distinct from holders.holder_name
        and not candidates.name like replace(holders.holder_name, '?', '_')
        and not holders.holder_name like replace(candidates.name, '?', '_') as is_other_name,
        coalesce(candidates.birth <> candidates.number_birth, false)
        or (
            substr(candidates.name, 1, 1) <> substr(holders.holder_name, 1, 1)
            and substr(candidates.name, 2) <> substr(holders.holder_name, 2)
        ) as is_other_person
    from candidates
    left join number_holders as holders on candidates.number = holders.number
    left join address_houses on candidates.address_standard = address_houses.address_standard
)

select
    * exclude (house_code, is_other_name, is_other_person),
    coalesce(number_birth is not null and is_other_name and is_other_person, false) as is_contradicted
from judged;

-- A node is what the exact rules already hold together: one number, or one record without.
create or replace table record_nodes as
select
    record_key,
    number,
    is_contradicted,
    case
        when number is null then 'record|' || record_key
        when is_contradicted then 'doubtful|' || number || '|' || name
        else 'number|' || number
    end as node
from records;
