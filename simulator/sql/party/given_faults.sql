insert into plan_member
select row_no, 'copy', 'member_no', 'person_duplicate' from rows_member where copy_no = 1;
