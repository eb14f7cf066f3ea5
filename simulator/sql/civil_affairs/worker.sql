insert into plan_civil_affairs_worker
select row_no, 'copy', 'worker_no', 'person_duplicate' from rows_civil_affairs_worker where is_copy;
create or replace table civil_affairs_worker as
select row_no, given_house_id,
    'SG' || is_copy::int || lpad(worker_no::varchar, 7, '0') as worker_no,
    {name} as name, {id_number} as id_number, {sex_code} as sex_code, {birth_date} as birth_date, {phone} as phone,
    {address} as home_address,
    case true_role_code when 'GRID' then '11' when 'COMMUNITY' then '12' when 'SOCIAL' then '13' else '14' end as role_code,
    work_community_code as community_code, {grid_code} as grid_code,
    strftime(joined_on, '%Y-%m-%d') as joined_on, strftime(left_on, '%Y-%m-%d') as left_on,
    case when certificate_fault is not null then earlier_certificate_no else certificate_no end as certificate_no,
    case when left_on is not null and status_fault is null then '2' else '1' end as status_code
from housed_civil_affairs_worker;
