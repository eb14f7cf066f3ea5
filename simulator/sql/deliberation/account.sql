insert into plan_deliberation_account
select row_no, 'copy', 'account_no', 'person_duplicate' from rows_deliberation_account where copy_no > 0
union all
select row_no, 'farm', 'device_token', 'multi_account' from rows_deliberation_account where is_farmer;

create or replace table deliberation_account as
select row_no, person_no, community_no, is_farmer, given_house_id, registered_local,
    row_no - case when copy_no < 6 then copy_no else 0 end as device_row_no, verify_fault is not null as is_unverified,
    'YH' || lpad(((row_no * 387420489 + 97) % 10000000000)::varchar, 10, '0') as account_no,
    {name} as name, id_type_code, {id_number} as id_number, {phone} as phone, {address} as address,
    given_community_code as community_code,
    case when verify_fault is not null then 'UNVERIFIED' when {id_number} is null then 'PHONE' else 'REAL_NAME' end as verification_code,
    substr(md5('device' || (row_no - case when copy_no < 6 then copy_no else 0 end)), 1, 24) as device_token,
    at_zone(registered_local) as registered_at,
    case when u('account closed', row_no) < 0.03 then 'CLOSED' else 'ACTIVE' end as status_code,
    changed_at(registered_local, 'account', row_no, timestamp '{today}') as updated_at,
    u('account deleted', row_no) < 0.003 as is_deleted
from housed_deliberation_account;
