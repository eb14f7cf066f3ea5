insert into plan_civil_affairs_benefit
select row_no, 'copy', 'benefit_no', 'person_duplicate' from rows_civil_affairs_benefit where is_copy;
create or replace table civil_affairs_benefit as
with decided as (
    select *, case when entitlement_fault is not null then '31' else true_type_code end as benefit_type_code,
        case when life_fault is not null or entitlement_fault is not null then '1' else true_status_code end as status_code
    from housed_civil_affairs_benefit
)
select row_no, given_house_id, 'FF' || strftime(month_day, '%Y%m') || lpad(recipient_no::varchar, 8, '0') as benefit_no,
    strftime(month_day, '%Y-%m') as period, benefit_type_code,
    {name} as recipient_name, {id_number} as recipient_id_number, {sex_code} as recipient_sex_code,
    {birth_date} as recipient_birth_date, {phone} as recipient_phone, {address} as recipient_address,
    given_community_code as community_code, household_size::varchar as household_size,
    case when status_code = '2' then 0 when benefit_type_code <> '31' then other_amount when age_then >= 100 then 500
        when age_then >= 90 then 100 else 50 end::varchar as amount,
    case when status_code <> '2' and paid_fault is null then strftime(month_day + paid_day, '%Y-%m-%d') end as paid_on, status_code
from decided;
