create or replace macro listed_name(name, kind, county, key) as
    case when kind = 'committee' then case when u('listed', key) < 0.5
            then replace(replace(name, '居民委员会', '居委会'), '村民委员会', '村委会') else '淮南市' || name end
        when kind = 'society' then case when u('listed', key) < 0.5 then '淮南市' || name else replace(name, county, '') end
        else case when u('listed', key) < 0.5 then name || '（总部）' else replace(name, '淮南市', '') end end;
create or replace table civil_affairs_org_community as
with housed as (
    select f.* exclude (home_house_id, old_house_id), {home}, {old},
        case when address_fault is distinct from 'address_missing' then f.home_house_id end as given_house_id
    from faulty_civil_affairs_org_community as f
    left join houses as home on home.house_id = f.home_house_id
    left join houses as old on old.house_id = f.old_house_id
)
select row_no, org_no, person_no, given_house_id, 'BA' || lpad(org_no::varchar, 9, '0') as record_no,
    case when title_fault is not null then listed_name(true_name, true_kind_code, org_county_name, row_no) else true_name end as name,
    case code_fault when 'registration_no_15_digit' then fourteen || registration_check(fourteen)
        when 'credit_code_confusable' then confusable_code(true_credit_code, row_no)
        when 'credit_code_checksum_failed' then wrong_digit(true_credit_code, 3 + pick('code digit', row_no, 6), row_no)
        else true_credit_code end as credit_code,
    case true_kind_code when 'committee' then '11' when 'society' then '21' else '22' end as kind_code,
    {name} as legal_person_name, {id_number} as legal_person_id_number, {phone} as legal_person_phone,
    {address} as address,
    case when community_fault is not null then next_community_code else org_community_code end as community_code,
    employees::varchar as members_count, strftime(registered_on, '%Y-%m-%d') as registered_on,
    strftime(cancelled_on, '%Y-%m-%d') as cancelled_on, case when cancelled_on is not null then '2' else '1' end as status_code
from housed;
