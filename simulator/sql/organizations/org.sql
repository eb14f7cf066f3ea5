insert into plan_organizations_org
select row_no, 'copy', 'entity_no', 'organization_duplicate' from rows_organizations_org where copy_no = 1;

create or replace table organizations_org as
with housed as (
    select f.*, {home}, {old},
        case when address_fault = 'address_missing' then null when address_fault = 'address_old' then lived_in
            else lives_in end as given_house_id
    from (select * exclude (home_house_id, old_house_id), home_house_id as lives_in, old_house_id as lived_in
          from faulty_organizations_org) as f
    left join houses as home on home.house_id = f.lives_in
    left join houses as old on old.house_id = f.lived_in
)
select row_no, org_no, person_no, given_house_id,
    'HN' || lpad(row_no::varchar, 10, '0') as entity_no,
    case code_fault when 'registration_no_15_digit' then old_registration_no
        when 'credit_code_confusable' then confusable_code(credit_code, row_no)
        when 'credit_code_checksum_failed' then wrong_digit(credit_code, 3 + pick('code digit', row_no, 6), row_no)
        else credit_code end as credit_code,
    old_registration_no as registration_no,
    case when title_fault is not null then name_variant(organization_name, kind_code, org_county_name, row_no)
        else organization_name end as org_name,
    case kind_code when 'enterprise' then 'ENTERPRISE' when 'individual' then 'INDIVIDUAL' when 'society' then 'SOCIETY'
        when 'non-enterprise' then 'SERVICE' when 'institution' then 'INSTITUTION' else 'COMMITTEE' end as org_type_code,
    case when kind_code in ('enterprise', 'individual') then 'MARKET' when kind_code = 'institution' then 'STAFFING'
        else 'CIVIL' end as registrar_code,
    case when kind_code in ('enterprise', 'individual') then industry end as industry, {name} as legal_person_name, {id_number} as legal_person_id_number, {phone} as legal_person_phone,
    {address} as address, org_community_code as community_code,
    case when staff_fault is not null then (60000 + pick('too many', row_no, 900000))::varchar else employees::varchar end
        as employees,
    strftime(registered_on, '%Y-%m-%d') as registered_on, strftime(cancelled_on, '%Y-%m-%d') as cancelled_on,
    case when cancelled_on is not null and status_fault is null then '3'
        when cancelled_on is null and u('revoked', org_no) < 0.01 then '2' else '1' end as status_code
from housed;
