create or replace table tests as
select serial from service_cases order by u('test case', serial), serial
limit (select ceil(((select count(*) from service_cases) + (select count(*) from incident_reports)) * {test_share})::bigint);

create or replace table rows_case as
with services as (
    select serial * 2 as row_no, 'SERVICE' as case_type_code, h.county_code, s.item_code, s.item_name, null as incident_kind_code,
        null as incident_id, channel_code, s.person_no, h.community_code, h.grid_code, null::double as longitude,
        null::double as latitude, null::timestamp as reported_local, accepted_local, due_local, s.department_code,
        case when is_ended then ended_local end as ended_local, status_code, has_supplement, has_special, resumed_local,
        false as is_repeat, t.serial is not null as is_test
    from service_cases as s join houses as h using (house_id) left join tests as t using (serial)
),
reports as (
    select report_no * 2 + 1, 'INCIDENT', r.county_code, null, null, told_kind_code, incident_id, channel_code,
        r.person_no, r.community_code, r.grid_code, round(told_longitude, 6), round(told_latitude, 6), reported_local,
        accepted_local, due_local, 'WG', case when is_ended then ended_local end, status_code, false, false,
        null::timestamp, is_repeat, false
    from incident_reports as r
),
numbered as (
    select *, row_number() over (partition by county_code order by accepted_local, row_no) as place
    from (select * from services union all select * from reports)
),
sizes as (
    select county_code, max(place) as cases, row_number() over (order by max(place) desc, county_code) as size_place
    from numbered group by county_code
),
partnered as (
    select n.*, other.county_code as number_county_code, n.place <= other.cases as can_reuse_number
    from numbered as n join sizes as mine using (county_code)
    join sizes as other on other.size_place = case when mine.size_place = 1 then 2 else 1 end
)
select c.* exclude (person_no), case when not is_test then c.person_no end as person_no,
    case when not (is_test or c.channel_code = 'HOTLINE') then p.id_number end as id_number,
    case when is_test then '测试' else p.name end as name, p.former_name, p.sex_code, p.birth_date,
    case when is_test then '13800138000' else p.phone end as phone, p.old_phone,
    k.id_number as kin_id_number, r.phone as relative_phone,
    case when not is_test then p.family_house_id end as home_house_id, p.old_house_id
from partnered as c
left join persons as p on p.person_no = case when not c.is_test then c.person_no end
left join persons as k on k.person_no = p.kin_no and k.id_type_code = '111'
left join persons as r on r.person_no = p.relative_no;
