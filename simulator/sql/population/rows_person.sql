create or replace table rows_{table} as
with counties as (
    select list_sort(list(distinct county_code)) as codes from communities
),
stacked as (
    select *, 0 as copy_no from base_{table}
    union all by name
    select b.* exclude (home_house_id, old_house_id, row_county_code), b.old_house_id as home_house_id,
        null as old_house_id, 1 as copy_no,
        c.codes[1 + (list_position(c.codes, b.row_county_code) + pick('copy county', b.person_no, len(c.codes) - 1))
            % len(c.codes)] as row_county_code
    from base_{table} as b join copies_{table} using (person_no), counties as c
)
select s.*, s.person_no * 2 + s.copy_no as row_no, k.id_number as kin_id_number, r.phone as relative_phone
from stacked as s
left join persons as k on k.person_no = s.kin_no and k.id_type_code = '111'
left join persons as r on r.person_no = s.relative_no;
