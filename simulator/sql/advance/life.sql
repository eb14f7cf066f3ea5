-- What truly happens to people on {today}.
create or replace table new_phones as
select person_no from persons where presence = 'resident' and age_years >= 13 and u('new phone', person_no) < 0.002;

create or replace table moves as
select person_no, 1 + pick('new house', person_no, (select count(*) from houses)) as new_house_id
from persons where presence = 'resident' and age_years >= 18 and u('move', person_no) < 0.0008;
delete from moves where exists (
    select 1 from persons as p where p.person_no = moves.person_no and p.house_id = moves.new_house_id);

create or replace table deaths as
select person_no from persons
where presence = 'resident' and age_years >= 60 and person_no not in (select person_no from moves)
order by u('death', person_no) / pow(age_years / 60.0, 6), person_no
limit greatest(1, round((select count(*) from persons where presence = 'resident') * 0.000021)::bigint);

update persons as p set old_phone = phone, phone = mobile_of_rank((p.person_no * 48271 + {day_no} * 7919 + 1) % 800000000)
where person_no in (select person_no from new_phones);
update persons as p set old_house_id = p.house_id, house_id = m.new_house_id, house_code = h.house_code,
    family_house_id = m.new_house_id
from moves as m join houses as h on h.house_id = m.new_house_id where m.person_no = p.person_no;
update persons set presence = 'dead', death_date = date '{today}', house_id = null, house_code = null
where person_no in (select person_no from deaths);

create or replace table births as
with mothers as (
    select *, row_number() over (order by u('mother', person_no), person_no) as place from persons as p
    where presence = 'resident' and origin = 'local' and sex_code = '2' and age_years between 21 and 40
        and role in ('head', 'spouse') and not exists (
            select 1 from persons as q where q.person_no = p.household_no * 16 + 10)
),
born as (
    select *, case when u('boy', person_no) < 0.52 then '1' else '2' end as child_sex_code
    from mothers where place <= greatest(1, round((select count(*) from persons where presence = 'resident') * 0.000018))
),
numbered as (
    select *, substr(id_number, 1, 6) || strftime(date '{today}', '%Y%m%d') || lpad((2 * place
        + case when child_sex_code = '1' then 1 else 0 end)::varchar, 3, '0') as seventeen
    from born
)
select b.* exclude (place, seventeen) replace (
        household_no * 16 + 10 as person_no, 10 as slot, 'child 1' as role, 0 as age_years, date '{today}' as birth_date,
        child_sex_code as sex_code, '3' as era, seventeen || check_digit(seventeen) as id_number, '10' as marital_code,
        '90' as education_code, null as former_name, false as is_twin, person_no as relative_no, person_no as kin_no,
        coalesce((select substr(h.name, 1, 1) from persons as h where h.person_no = b.household_no * 16), surname)
            || case child_sex_code when '1' then draw('given_characters_13', 'newborn', person_no)
                else draw('given_characters_23', 'newborn', person_no) end as name,
        case child_sex_code when '1' then '20' else '30' end as relation_to_head_code,
        timestamp '{today}' + interval 10 hour as verified_local)
from numbered as b;
alter table births drop column child_sex_code;
insert into persons by name select * from births;

create or replace table newborn_rows as
select p.person_no as true_no, p.hukou_county_code || 'R'
        || lpad(((p.person_no * 2 * 387420489 + 71) % 10000000000)::varchar, 10, '0') as person_no,
    p.id_type_code, p.id_number, p.name, null as former_name, p.sex_code, strftime(p.birth_date, '%Y%m%d') as birth_date,
    p.ethnicity_code, p.marital_code, p.education_code, p.phone,
    substr(p.hukou_county_code, 6, 1) || lpad(((p.hukou_household_no * 7919 + 17) % 100000000)::varchar, 8, '0') as hukou_no,
    p.relation_to_head_code, coalesce(k.address, h.address) as hukou_address, h.address as residence_address,
    h.house_code as residence_house_code, h.community_code, h.grid_code, '1' as status_code,
    at_zone(p.verified_local) as verified_at, at_zone(timestamp '{today}' + interval 11 hour) as update_time,
    false as is_deleted, p.house_id
from births as p join houses as h on h.house_id = p.house_id left join houses as k on k.house_id = p.hukou_house_id;
insert into hj_person by name select * exclude (true_no, house_id) from newborn_rows;
insert into truth_records
select 'population', 'hj_person', person_no, 'person', 'P' || true_no from newborn_rows
union all select 'population', 'hj_person', person_no, 'house', 'H' || house_id from newborn_rows;
