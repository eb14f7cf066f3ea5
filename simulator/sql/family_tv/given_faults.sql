insert into plan_household_sub
select row_no, 'copy', 'account_no', 'account_not_household' from rows_household_sub where copy_no = 1;
