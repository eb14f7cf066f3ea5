create or replace table elder_households as
select row_number() over (order by household_no) - 1 as place, household_no, house_id, county_code
from (select distinct household_no, house_id, county_code from persons
      where role = 'head' and origin = 'local' and shape in ('elderly couple', 'with grandchildren', 'elderly single'));

create or replace table home_households as
select row_number() over (order by household_no) - 1 as place, household_no, house_id, county_code
from persons where role = 'head' and origin = 'local' and shape not in ('single', 'shared');

create or replace table persons as
with sent as (
    select *,
        case when origin <> 'local' then null
            when role in ('child 1', 'child 2') and age_years < 16 and u('grandparents', person_no) < 0.04 then 'grandparents'
            when role = 'spouse' and sex_code = '2' and u('marriage', person_no) < 0.14 then 'parents'
            else 'here' end as registered_with
    from persons
),
counts as (
    select (select count(*) from elder_households) as elders, (select count(*) from home_households) as homes,
        (select count(*) from houses) as houses
),
placed as (
    select s.*, c.houses,
        case when registered_with = 'grandparents' then pick('with elders', household_no, c.elders) end as elder_place,
        case when registered_with = 'parents' or origin = 'other county' then pick('with parents', household_no, c.homes) end
            as home_place
    from sent as s, counts as c
)
select p.* exclude (elder_place, home_place, house_id, house_code, houses, registered_with),
    case when p.presence = 'resident' then p.house_id end as house_id,
    case when p.presence = 'resident' then p.house_code end as house_code,
    p.house_id as family_house_id,
    coalesce(e.household_no, m.household_no, p.household_no) as hukou_household_no,
    case when e.household_no is not null then e.house_id
        when m.household_no is not null then m.house_id
        when p.origin = 'local' and u('apart', p.household_no) < 0.16 then 1 + pick('apart', p.household_no, houses)
        when p.origin = 'local' then p.house_id end as hukou_house_id,
    coalesce(e.county_code, m.county_code, p.county_code) as hukou_county_code,
    case when e.household_no is not null then '40'
        when m.household_no is not null and p.origin = 'local' then '30'
        when p.role in ('head', 'mate 1', 'mate 2', 'mate 3') then '01'
        when p.role in ('spouse', 'late spouse') then '10'
        when p.role in ('elder 1', 'elder 2', 'late parent') then '50'
        when p.role like 'grandchild%' then '40'
        when p.sex_code = '1' then '20' else '30' end as relation_to_head_code,
    1 + ((p.house_id + case when u('old near', p.person_no) < 0.6 then 40 + pick('old', p.person_no, 300)
        else 40 + pick('old', p.person_no, houses - 80) end) % houses) as old_house_id
from placed as p
left join elder_households as e on e.place = p.elder_place
left join home_households as m on m.place = p.home_place;
