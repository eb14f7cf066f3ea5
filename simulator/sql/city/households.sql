create or replace table households as
with placed as (
    select community_no, is_urban, county_code, first_household + unnest(range(households)) as household_no,
        unnest(range(households)) as place, households, houses
    from communities
),
shaped as (
    select *, case when is_urban then draw('shapes_urban', 'shape', household_no)
        else draw('shapes_rural', 'shape', household_no) end as shape
    from placed
)
select h.household_no::bigint as household_no, h.community_no, h.is_urban, h.county_code, h.shape,
    f.house_id, f.house_code,
    (s.low + (s.high - s.low) * pow(u('head age', h.household_no), s.power))::int as head_age,
    case when u('head sex', h.household_no) < s.male then '1' else '2' end as head_sex,
    draw('surnames', 'head surname', h.household_no) as head_surname,
    draw('surnames', 'spouse surname', h.household_no) as spouse_surname,
    case when h.shape in ('single', 'couple', 'one child', 'shared')
            and u('origin', h.household_no) < case when h.is_urban then 0.13 else 0.03 end then 'migrant'
        when h.shape = 'single' and u('origin', h.household_no) > 0.995 then 'foreigner'
        when h.shape = 'single' and u('origin', h.household_no) > 0.97 then 'visitor'
        when h.shape not in ('elderly single', 'elderly couple', 'with grandchildren')
            and u('origin', h.household_no) > 0.945 then 'other county'
        else 'local' end as origin,
    u('twins', h.household_no) < 0.02 as has_twins
from shaped as h
join shapes as s using (shape)
join houses as f on f.community_no = h.community_no and f.house_place = (h.place * h.houses) // h.households;
