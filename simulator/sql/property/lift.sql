create or replace table property_lift as
with inspected as (
    select *, (date '{today}' - interval (pick('inspected', row_no, 380)) day)::date as last_inspected_on from faulty_property_lift
)
select row_no, building_row_no, true_estate_no, 'DT' || lpad(((row_no * 387420489 + 17) % 1000000000000)::varchar, 12, '0') as lift_no,
    estate_number(true_estate_no) as estate_no, building_id, '梯31皖D' || lpad(((row_no * 48271 + 19) % 100000)::varchar, 5, '0') as registration_code,
    u('lift control', row_no) < 0.45 as has_lift_control, (date '{today}' - interval (700 + pick('lift built', row_no, 5000)) day)::date as installed_on,
    last_inspected_on,
    case when order_fault is not null then last_inspected_on - 365 else last_inspected_on + 365 end as next_inspection_on,
    case when u('lift state', row_no) < 0.95 then '1' when u('lift state', row_no) < 0.98 then '3' else '2' end as status_code,
    changed_at(timestamp '2020-01-01', 'lift', row_no, timestamp '{today}') as updated_at, false as is_deleted
from inspected;
