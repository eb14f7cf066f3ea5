create or replace table pilots_pilot_community as
select row_no, 'SD' || lpad(row_no::varchar, 3, '0') as pilot_no,
    case when row_no = 1 then '1' when row_no <= 6 then '2' else '9' end as level_code, community_code,
    case when name_fault is not null then other_community_name else true_community_name end as community_name,
    county_name || '人民政府' as lead_department,
    case when row_no <= 6 then '2019-03' end as selected_month, case when row_no <= 6 then '2019-06' end as started_month,
    case when row_no <= 6 then '2020-06' end as steady_month,
    case when row_no = 1 then '4' when row_no <= 6 then '3' else '9' end as status_code
from faulty_pilots_pilot_community;
