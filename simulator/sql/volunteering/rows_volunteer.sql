create or replace table base_volunteering_volunteer as
with willing as (
    select p.person_no, p.relative_no, p.community_no, p.birth_date,
        date '{today}' - (30 + pick('volunteer since', p.person_no, 1100))::int as registered_on
    from persons as p
    where p.presence = 'resident' and p.age_years between 12 and 78
        and u('volunteers', p.person_no) < case when p.age_years < 18 then 0.08 else 0.13 end
),
placed as (
    select *, case when u('volunteer platform', person_no) < 0.7 then 'PROVINCE' else 'CITY' end as platform_code
    from willing
),
again as (
    select person_no from placed order by u('volunteers again', person_no), person_no
    limit (select ceil(count(*) * {copies})::bigint from placed)
),
registered as (
    select person_no * 2 as row_no, false as is_copy, * from placed
    union all
    select person_no * 2 + 1, true, p.* replace (
        case p.platform_code when 'CITY' then 'PROVINCE' else 'CITY' end as platform_code,
        p.registered_on + 1 + pick('volunteers later', p.person_no, 28)::int as registered_on)
    from placed as p semi join again using (person_no)
)
select * exclude (birth_date), registered_on < birth_date + interval 18 year as is_minor from registered;
