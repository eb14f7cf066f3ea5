create or replace table affairs_case as
with housed as (
    select f.*, {home}, {old},
        county_code_own || '' as row_county
    from (select * exclude (home_house_id, old_house_id, county_code, community_code, grid_code, longitude, latitude),
              home_house_id as lives_in, old_house_id as lived_in, county_code as county_code_own,
              community_code as case_community_code, grid_code as case_grid_code, longitude as case_longitude,
              latitude as case_latitude
          from faulty_case) as f
    left join houses as home on home.house_id = f.lives_in
    left join houses as old on old.house_id = f.lived_in
),
ended as (
    select *,
        case when close_fault is not null then accepted_local - interval (600 + pick('before', row_no, 200000)) second
            when reopen_fault is not null and u('reopen', row_no) < 0.4 then null
            when reopen_fault is not null then least(ended_local + interval (86400 * (2 + pick('again', row_no, 6))) second,
                greatest(ended_local, timestamp '{today}' + interval 20 hour))
            else ended_local end as closed_local,
        '2026' || substr(case when number_fault is not null then number_county_code else row_county end, 5, 2)
            || lpad(place::varchar, 7, '0') as case_number
    from housed
)
select row_no, case address_fault when 'address_missing' then null when 'address_old' then lived_in else lives_in end as given_house_id,
    row_county as county_code, case_number as case_no, case_type_code, item_code, incident_kind_code, channel_code,
    {name} as applicant_name, {id_number} as applicant_id_number, {sex_code} as applicant_sex_code,
    {birth_date} as applicant_birth_date, {phone} as applicant_phone,
    case when lives_in is not null then {address} end as applicant_address,
    case_community_code as community_code, case_grid_code as grid_code, case_longitude as longitude, case_latitude as latitude,
    case when is_test then '测试件，请忽略' when case_type_code = 'SERVICE' then item_name
        else case incident_kind_code when 'FIRE' then '反映有明火或浓烟' when 'INTRUSION' then '反映陌生人员闯入'
            when 'DISPUTE' then '邻里纠纷请求调解' when 'FACILITY' then '公共设施损坏' when 'ENVIRONMENT' then '垃圾堆放影响环境'
            when 'NOISE' then '噪声扰民' when 'HELP' then '居民求助' when 'TRAFFIC' then '车辆乱停堵塞通道' else '其他事项反映' end
        end as subject,
    at_zone(reported_local) as reported_at, at_zone(accepted_local) as accepted_at, at_zone(due_local) as due_at,
    at_zone(closed_local) as closed_at,
    case when reopen_fault is not null and closed_local is null then 'HANDLING' else status_code end as status_code,
    at_zone(least(greatest(accepted_local, coalesce(closed_local, accepted_local),
            case when resumed_local < timestamp '{today}' + interval 1 day then resumed_local end)
        + interval (30 + pick('updated', row_no, 3000)) second,
        timestamp '{today}' + interval 86399 second)) as updated_at,
    is_test and u('withdrawn test', row_no) < 0.1 as is_deleted,
    ended_local, closed_local, accepted_local, resumed_local, has_supplement, has_special, department_code, reopen_fault, is_test
from ended;
