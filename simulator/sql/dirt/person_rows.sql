create or replace table rows_{name} as
select b.* exclude (relative_no), p.id_type_code, p.id_number, p.name, p.former_name, p.sex_code, p.birth_date, p.phone, p.old_phone,
    r.phone as relative_phone, k.id_number as kin_id_number, p.family_house_id as home_house_id, p.old_house_id
from base_{name} as b
join persons as p using (person_no)
left join persons as k on k.person_no = p.kin_no and k.id_type_code = '111'
left join persons as r on r.person_no = b.relative_no;
