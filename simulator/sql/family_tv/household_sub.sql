insert into plan_family_tv_household_sub
select row_no, 'copy', 'account_no', 'account_not_household' from rows_family_tv_household_sub where copy_no = 1;

create or replace table family_tv_household_sub as
select row_no, person_no, given_house_id, account_no, {name} as subscriber_name, {id_number} as subscriber_id_number,
    {phone} as subscriber_phone, {address} as install_address, account_community_code as community_code,
    case when is_bidirectional then 'INTERACTIVE' when u('high definition', row_no) < 0.6 then 'HD' else 'BASIC' end as product_code,
    is_bidirectional, is_phone_bound,
    case when is_phone_bound and bound_fault is null then strftime(phone_bound_on, '%Y-%m-%d') end as phone_bound_on,
    strftime(opened_on, '%Y-%m-%d') as opened_on, status_code
from housed_family_tv_household_sub;
