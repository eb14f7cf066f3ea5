create or replace table broadband_emergency_communication as
with tested as (
    select *, (date_trunc('quarter', quarter_end) + to_days(pick('tested', row_no, 85)::int))::date as true_tested_on
    from faulty_broadband_emergency_communication
)
select row_no, 'YJ' || strftime(quarter_end, '%Y%m') || lpad(means_place::varchar, 8, '0') as test_no,
    strftime(quarter_end, '%Y-%m') as period, community_code, means::varchar as means_code,
    (1 + pick('equipment', means_place, 6))::varchar as equipment_count,
    case when result_code = '3' or day_fault = 'value_missing' then null
        when day_fault = 'date_outside_period' then strftime(true_tested_on - to_days(100), '%Y-%m-%d')
        else strftime(true_tested_on, '%Y-%m-%d') end as tested_on,
    result_code
from tested;
