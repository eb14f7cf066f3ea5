create or replace table family_tv_household_sub as
with housed as (
    select f.*, {home}, {old},
        case when address_fault = 'address_missing' then null when address_fault = 'address_old' then lived_in
            else lives_in end as given_house_id
    from (select * exclude (home_house_id, old_house_id), home_house_id as lives_in, old_house_id as lived_in
          from faulty_household_sub) as f
    left join houses as home on home.house_id = f.lives_in
    left join houses as old on old.house_id = f.lived_in
)
select row_no, person_no, given_house_id, account_no, {name} as subscriber_name, {id_number} as subscriber_id_number,
    {phone} as subscriber_phone, {address} as install_address, account_community_code as community_code,
    case when is_bidirectional then 'INTERACTIVE' when u('high definition', row_no) < 0.6 then 'HD' else 'BASIC' end as product_code,
    is_bidirectional, is_phone_bound,
    case when is_phone_bound and bound_fault is null then strftime(phone_bound_on, '%Y-%m-%d') end as phone_bound_on,
    strftime(opened_on, '%Y-%m-%d') as opened_on, status_code
from housed;
