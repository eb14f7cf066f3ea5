create or replace table pilots_milestone as
select row_no, 'JD' || lpad(row_no::varchar, 4, '0') as milestone_no,
    case when reference_fault is not null then 'SD9' || lpad(row_no::varchar, 2, '0') else true_pilot_no end as pilot_no, stage_code, title,
    strftime(planned_on, '%Y-%m') as planned_month,
    case when not is_late and month_fault is null then strftime(achieved_on, '%Y-%m') end as achieved_month,
    case when is_late then '4' else '3' end as status_code,
    case when not is_late then 'ZZ' || lpad(row_no::varchar, 5, '0') end as evidence_no
from faulty_pilots_milestone;
