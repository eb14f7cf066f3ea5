create or replace table rows_civil_affairs_org_community as
select o.org_no as row_no, o.org_no, o.legal_person_no as person_no, o.kind_code as true_kind_code, o.name as true_name,
    o.credit_code as true_credit_code, o.registered_on, o.cancelled_on, o.employees, o.community_code as org_community_code,
    n.next_community_code, c.county_name as org_county_name,
    substr(o.credit_code, 3, 6) || lpad((o.org_no % 100000000)::varchar, 8, '0') as fourteen,
    o.house_id as home_house_id, o.house_id as old_house_id,
    p.id_number, p.name, p.former_name, p.sex_code, p.birth_date, p.phone, p.old_phone,
    k.id_number as kin_id_number, r.phone as relative_phone
from organizations as o
join communities as c using (community_no)
join next_communities as n on n.community_code = o.community_code
left join persons as p on p.person_no = o.legal_person_no
left join persons as k on k.person_no = p.kin_no and k.id_type_code = '111'
left join persons as r on r.person_no = p.relative_no
where o.kind_code in ('committee', 'society', 'non-enterprise');
