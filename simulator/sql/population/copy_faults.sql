insert into plan_{table}
select row_no, 'copy', case '{table}' when 'hj_person' then 'person_no' else 'floater_no' end, 'person_duplicate'
from rows_{table} where copy_no = 1
union all
select row_no, 'copied address', 'residence_address', 'address_old'
from rows_{table} as r where copy_no = 1 and not exists (
    select 1 from plan_{table} as p
    where p.row_no = r.row_no and p.fault_group = 'address' and p.dirt_type = 'address_missing');
