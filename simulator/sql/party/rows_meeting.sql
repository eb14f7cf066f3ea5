create or replace table rows_party_meeting as
with kinds as (
    select * from (values
        ('COMMITTEE', [1, 2, 3, 4, 5, 6], 0.96, ['研究支部工作', '讨论发展党员', '部署重点任务']),
        ('GROUP', [1, 2, 3, 4, 5, 6], 0.93, ['学习文件', '交流思想', '分配任务']),
        ('THEME_DAY', [1, 2, 3, 4, 5, 6], 0.95, ['清洁家园', '走访困难群众', '参观教育基地', '防汛志愿服务']),
        ('GENERAL', [3, 6], 0.97, ['听取支委会工作报告', '表决发展对象']),
        ('LECTURE', [3, 6], 0.92, ['书记讲党课', '先进典型报告']),
        ('ORG_LIFE', [1], 0.98, ['年度组织生活会']),
        ('REVIEW', [2], 0.98, ['年度民主评议党员'])
    ) as k (type_code, months, chance, topics)
),
sizes as (
    select branch_row_no, count(*) as members from true_members group by branch_row_no
),
due as (
    select b.row_no as branch_row_no, b.branch_no, b.former_branch_no, k.type_code, k.chance, k.topics, s.members,
        make_date(2026, unnest(k.months), 1) as period,
        b.row_no * 100 + list_position(['COMMITTEE', 'GROUP', 'THEME_DAY', 'GENERAL', 'LECTURE', 'ORG_LIFE', 'REVIEW'], k.type_code) * 10
            as series
    from rows_party_branch as b join sizes as s on s.branch_row_no = b.row_no cross join kinds as k
),
numbered as (
    select *, series + month(period) as row_no from due
),
held as (
    select *, case when u('held', row_no) < chance then period + pick('held day', row_no, 27)::int end as held_on,
        u('posted', row_no) as posting
    from numbered
)
select *, 'HY' || strftime(period, '%Y%m') || lpad(row_no::varchar, 10, '0') as meeting_no,
    topics[1 + pick('topic', row_no, len(topics))] as topic, last_day(period) as due_on,
    case type_code when 'COMMITTEE' then least(members, 5) when 'GROUP' then greatest(1, members // 2) else members end as expected_count,
    held_on + pick('recorded', row_no, 10)::int as usually_recorded_on,
    coalesce(held_on + 36 <= date '{today}', false) as can_be_back_filled,
    case when posting < 0.78 then held_on + pick('posted soon', row_no, 4)::int
        when posting < 0.93 then held_on + (4 + pick('posted late', row_no, 15))::int end as posted_on
from held;

create or replace table true_attendances as
select row_number() over (order by m.row_no, p.person_no)::bigint as row_no, m.row_no as meeting_row_no, m.meeting_no, m.period,
    p.person_no, 'DY' || lpad((p.person_no * 2)::varchar, 12, '0') as member_no,
    case when u('present', m.row_no * 100000007 + p.person_no) < case when p.presence = 'away' then 0.3 else 0.88 end then 'PRESENT'
        when u('present', m.row_no * 100000007 + p.person_no) < 0.96 then 'LEAVE' else 'ABSENT' end as attendance_code
from rows_party_meeting as m join true_members as p using (branch_row_no)
where m.held_on is not null and m.type_code in ('GENERAL', 'LECTURE', 'THEME_DAY');
