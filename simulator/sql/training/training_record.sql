insert into plan_training_training_record
select row_no, 'copy', 'certificate_no', 'certificate_duplicate' from rows_training_training_record where is_copy;
create or replace table training_training_record as
select row_no, person_no,
    'XS' || strftime(completed_on, '%y%m') || lpad(row_no::varchar, 10, '0') as record_no,
    strftime(quarter_end(completed_on), '%Y-%m') as period,
    case when reference_fault is not null then 'KC2099' || lpad(pick('no course', row_no, 90)::varchar, 4, '0') else true_course_no end
        as course_no,
    worker_text(worker_no, false) as worker_no, {name} as worker_name, {id_number} as worker_id_number, {phone} as worker_phone,
    community_code,
    case when hours_fault = 'value_missing' then null
        when hours_fault = 'hours_exceed_course' then (true_hours * 10)::varchar
        when hours_fault = 'number_written_loosely' then loose_hours(true_hours, row_no)
        when result_code = '1' then true_hours::varchar else '0' end as hours,
    strftime(completed_on, '%Y-%m-%d') as completed_on, result_code, certificate_no
from faulty_training_training_record;
