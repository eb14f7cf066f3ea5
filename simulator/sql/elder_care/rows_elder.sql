create or replace table base_elder_care_elder as
with elders as (
    select *, case shape when 'elderly single' then 'ALONE' when 'elderly couple' then 'EMPTY_NEST' else 'WITH_FAMILY' end
            as living_situation_code,
        shape in ('elderly single', 'elderly couple', 'with grandchildren') as has_left_home,
        shape like 'three generations%' and slot in (5, 6) as lives_with_child
    from persons
    where age_years >= 60 and origin = 'local' and id_type_code = '111' and presence in ('resident', 'dead')
),
registered as (
    select * from elders
    where presence = 'dead' or living_situation_code <> 'WITH_FAMILY' or age_years >= 80 or u('care register', person_no) < 0.35
),
-- A child, away or in the house, is the contact; the spouse, or the child's spouse, is another
-- relative.
related as (
    select e.person_no, e.presence, e.age_years, e.death_date, e.living_situation_code,
        g.name as guardian_name, g.phone as guardian_phone, s.person_no as relative_no
    from registered as e
    join persons as own using (person_no)
    left join persons as g
        on g.household_no = e.household_no and g.presence <> 'dead' and g.phone <> own.phone
        and g.slot = case when e.has_left_home then 13 when e.lives_with_child then 0 end
    left join persons as s
        on s.household_no = e.household_no and s.presence <> 'dead' and s.phone is distinct from g.phone
        and s.slot = case when e.has_left_home and e.slot < 2 then 1 - e.slot when e.lives_with_child then 1 end
),
twice as (
    select person_no from related where presence = 'resident'
    order by u('registered twice', person_no), person_no
    limit (select ceil(count(*) * {copies})::bigint from related)
)
select person_no * 2 as row_no, 0 as copy_no, * from related
union all
select person_no * 2 + 1, 1, r.* from related as r semi join twice using (person_no);
