create or replace table copies_organizations_org as
select org_no from organizations where cancelled_on is null order by u('copy org', org_no), org_no
limit (select ceil(count(*) * {share})::bigint from organizations);

create or replace table rows_organizations_org as
with stacked as (
    select *, 0 as copy_no from organizations
    union all by name
    select *, 1 as copy_no from organizations join copies_organizations_org using (org_no)
)
select s.org_no * 2 + s.copy_no as row_no, s.org_no, s.copy_no, s.kind_code, s.name as organization_name, s.credit_code,
    s.old_registration_no, s.industry, s.community_code as org_community_code, c.county_name as org_county_name,
    s.house_id as home_house_id,
    f.house_id as old_house_id, s.registered_on, s.cancelled_on, s.employees, s.legal_person_no as person_no,
    p.id_number, p.name, p.former_name, p.sex_code, p.birth_date, p.phone, p.old_phone,
    k.id_number as kin_id_number, r.phone as relative_phone
from stacked as s
join communities as c using (community_no)
left join persons as p on p.person_no = s.legal_person_no
left join persons as k on k.person_no = p.kin_no and k.id_type_code = '111'
left join persons as r on r.person_no = p.relative_no
left join houses as f on f.house_id = p.old_house_id;
