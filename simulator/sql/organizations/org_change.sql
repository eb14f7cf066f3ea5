create or replace table organizations_org_change as
select row_no, org_no, 'BG' || strftime(changed_on, '%Y%m%d') || lpad(row_no::varchar, 8, '0') as change_no,
    case when reference_fault is not null then 'HX' || lpad(org_row_no::varchar, 10, '0')
        else 'HN' || lpad(org_row_no::varchar, 10, '0') end as entity_no,
    item_code, before_text as value_before,
    case when value_fault is not null then before_text else after_text end as value_after,
    strftime(changed_on, '%Y-%m-%d') as changed_on, is_revoked
from faulty_organizations_org_change;
