create or replace table deliberation_mediation as
select row_no, 'TJ' || lpad(row_no::varchar, 10, '0') as mediation_no, county_code, community_code,
    ['NEIGHBOUR', 'PROPERTY', 'FAMILY', 'LAND', 'CONSUMER'][1 + pick('dispute', row_no, 5)] as dispute_kind_code,
    account_no as applicant_account_no, {name} as applicant_name, {phone} as applicant_phone,
    u('online', row_no) < 0.65 as is_online, at_zone(requested_local) as requested_at,
    at_zone(case when order_fault is null then concluded_local
        else requested_local - interval (3600 + pick('concluded before', row_no, 90000)) second end) as concluded_at,
    case when result_fault = 'value_missing' then null else true_result_code end as result_code,
    case when true_result_code = 'SUCCESS' and agreement_fault is null then '淮调' || year(concluded_local) || lpad(row_no::varchar, 8, '0') end
        as agreement_no,
    changed_at(coalesce(concluded_local, requested_local), 'mediation', row_no, timestamp '{today}') as updated_at,
    false as is_deleted
from faulty_deliberation_mediation;
