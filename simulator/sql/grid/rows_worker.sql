create or replace table rows_grid_worker as
select w.worker_no as row_no, w.*, p.id_number, p.name, p.former_name, p.sex_code, p.birth_date, p.phone, p.old_phone,
    p.id_type_code, k.id_number as kin_id_number, r.phone as relative_phone
from workers as w
join persons as p using (person_no)
left join persons as k on k.person_no = p.kin_no and k.id_type_code = '111'
left join persons as r on r.person_no = p.relative_no
where w.role_code = 'GRID';
