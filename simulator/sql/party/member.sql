insert into plan_party_member
select row_no, 'copy', 'member_no', 'person_duplicate' from rows_party_member where copy_no = 1;

create or replace table party_member as
select row_no, person_no, given_house_id, 'DY' || lpad(row_no::varchar, 12, '0') as member_no,
    {name} as member_name, {id_number} as member_id_number, {sex_code} as member_sex_code, {birth_date} as member_birth_date,
    {phone} as member_phone,
    {address} as residence_address,
    case when presence = 'away' then
        ['上海市松江区', '江苏省苏州市吴中区', '浙江省杭州市余杭区', '安徽省合肥市蜀山区'][1 + pick('away', row_no, 4)] end as away_place,
    presence = 'away' and floating_fault is null as is_floating,
    case branch_fault when 'branch_merged_away' then former_branch_no
        when 'reference_unknown' then 'DX' || substr(branch_no, 3) else branch_no end as branch_no,
    case when joined_on > date '{today}' - 365 then '02' else '01' end as member_type_code,
    strftime(joined_on, '%Y-%m-%d') as joined_on, strftime(last_studied_on, '%Y-%m-%d') as last_studied_on,
    case when last_studied_on > date '{today}' - 30 then 10 + pick('minutes', row_no, 600) else 0 end as studied_minutes,
    case when joined_on > date '{today}' - 365 then null
        else ['1', '2', '2', '2', '2', '2', '3'][1 + pick('review', row_no, 7)] end as review_result_code
from housed_party_member;
