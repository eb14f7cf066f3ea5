create or replace table volunteering_team as
select row_no, 'DW' || lpad(row_no::varchar, 7, '0') as team_no,
    community_label || ['志愿服务队', '邻里互助队', '文明劝导队'][(1 + team_place)::int] as name, community_code, established_on, is_filed,
    case when is_filed and filing_fault is null then '淮文备' || year(established_on) || lpad(row_no::varchar, 7, '0') end as filing_no,
    case when is_filed then established_on + (10 + pick('filed after', row_no, 60))::int end as filed_on,
    case when u('dissolved', row_no) < 0.03 then 'DISSOLVED' else 'ACTIVE' end as status_code,
    changed_at(established_on::timestamp, 'team', row_no, timestamp '{today}') as updated_at, false as is_deleted
from faulty_volunteering_team;
