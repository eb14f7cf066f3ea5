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
