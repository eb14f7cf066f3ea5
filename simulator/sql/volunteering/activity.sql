create or replace table volunteering_activity as
select a.row_no, 'HD' || lpad(a.row_no::varchar, 8, '0') as activity_no, t.team_no,
    ['环境清洁', '敬老助老', '文明劝导', '政策宣讲', '儿童托管', '反诈宣传'][1 + pick('activity kind', a.row_no, 6)] || '志愿活动' as title,
    ['ENVIRONMENT', 'ELDERLY', 'CIVILITY', 'PUBLICITY', 'CHILDREN', 'SAFETY'][1 + pick('activity kind', a.row_no, 6)] as category_code,
    a.community_code, at_zone(a.starts_local) as starts_at,
    at_zone(case when order_fault is null then a.starts_local + interval (a.seconds) second
        else a.starts_local - interval (1800 + pick('ended', a.row_no, 40000)) second end) as ends_at,
    5 + pick('recruits', a.row_no, 40) as recruits_count, 'FINISHED' as status_code,
    changed_at(a.starts_local + interval (a.seconds) second, 'activity', a.row_no, timestamp '{today}') as updated_at,
    u('activity deleted', a.row_no) < 0.004 as is_deleted
from faulty_volunteering_activity as a join volunteering_team as t on t.row_no = a.team_row_no;
