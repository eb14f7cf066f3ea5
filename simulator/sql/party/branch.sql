create or replace table party_branch as
select row_no, org_no, branch_no, branch_name, type_code as branch_type_code, community_code,
    case when code_fault is not null then confusable_code(credit_code, row_no) else credit_code end as host_credit_code,
    group_count, strftime(founded_on, '%Y-%m-%d') as founded_on,
    case when is_merged then '2' else '1' end as status_code, merged_into_branch_no
from faulty_party_branch;
