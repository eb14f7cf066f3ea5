insert into plan_org
select row_no, 'copy', 'entity_no', 'organization_duplicate' from rows_org where copy_no = 1;
