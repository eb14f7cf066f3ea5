insert into plan_case
select row_no, 'given id', 'applicant_id_number', 'id_missing' from rows_case
where channel_code = 'HOTLINE' and person_no is not null and not is_test
union all
select row_no, 'test', 'subject', 'test_case' from rows_case where is_test
union all
select row_no, 'again', 'subject', 'incident_reported_again' from rows_case where is_repeat;
delete from plan_case where row_no in (select row_no from rows_case where is_test)
    and fault_group in ('name', 'phone');
