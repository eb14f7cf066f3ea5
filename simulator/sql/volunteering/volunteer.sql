insert into plan_volunteering_volunteer
select row_no, 'copy', 'volunteer_no', 'person_duplicate' from rows_volunteering_volunteer where is_copy;

create or replace table volunteering_volunteer as
with teams as (
    select community_no, list(team_no order by team_no) as team_nos
    from volunteering_team join rows_volunteering_team using (row_no) group by community_no
)
select row_no, person_no, v.community_no, registered_on, given_house_id,
    'ZY' || substr(platform_code, 1, 1) || lpad(((row_no * 387420489 + 83) % 10000000000)::varchar, 10, '0') as volunteer_no,
    platform_code, {name} as name, id_type_code, {id_number} as id_number, sex_code, strftime(birth_date, '%Y%m%d') as birth_date,
    {phone} as phone, {address} as address, given_community_code as community_code,
    t.team_nos[1 + pick('team of', person_no, len(t.team_nos))] as team_no,
    case when is_minor then consent_fault is null end as has_guardian_consent,
    case when u('volunteer left', row_no) < 0.05 then 'INACTIVE' else 'ACTIVE' end as status_code,
    changed_at(registered_on::timestamp, 'volunteer', row_no, timestamp '{today}') as updated_at,
    u('volunteer deleted', row_no) < 0.004 as is_deleted
from housed_volunteering_volunteer as v left join teams as t using (community_no);
