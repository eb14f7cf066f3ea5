create or replace table rows_elder_care_terminal as
select row_no, elder_no, presence, community_code,
    ['HUIYI', 'ANKANG', 'YILIAN'][1 + pick('vendor', row_no, 3)] as vendor_code,
    case when presence = 'dead' then '2' when u('broken', row_no) < 0.04 then '3' when u('taken back', row_no) < 0.03 then '2'
        else '1' end as status_code
from elder_care_elder
where copy_no = 0 and u('terminal', row_no) < case living_situation_code when 'ALONE' then 0.66 when 'EMPTY_NEST' then 0.28 else 0.1 end;
