insert into plan_training_training_roll
select row_no, 'copy', 'worker_no', 'person_duplicate' from rows_training_training_roll where is_copy;
create or replace table training_training_roll as
select row_no, person_no,
    'YX' || calendar_year || is_copy::int || lpad(worker_no::varchar, 7, '0') as roll_no, calendar_year::varchar as calendar_year,
    worker_text(worker_no, is_copy) as worker_no, {name} as worker_name, {id_number} as worker_id_number,
    {phone} as worker_phone, community_code,
    strftime(joined_on, '%Y-%m-%d') as joined_on, strftime(left_on, '%Y-%m-%d') as left_on,
    case when hours_fault = 'value_missing' then null
        when hours_fault = 'number_written_loosely' then loose_hours(true_hours, row_no) else true_hours::varchar end as required_hours,
    duty_code
from faulty_training_training_roll;
