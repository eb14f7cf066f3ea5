create or replace table rows_attendance as
select row_number() over (order by m.row_no, p.person_no)::bigint as row_no, m.row_no as meeting_row_no, m.meeting_no, m.period,
    p.person_no, 'DY' || lpad((p.person_no * 2)::varchar, 12, '0') as member_no,
    case when u('present', m.row_no * 100000007 + p.person_no) < case when p.presence = 'away' then 0.3 else 0.88 end then 'PRESENT'
        when u('present', m.row_no * 100000007 + p.person_no) < 0.96 then 'LEAVE' else 'ABSENT' end as attendance_code
from rows_meeting as m join true_members as p using (branch_row_no)
where m.held_on is not null and m.type_code in ('GENERAL', 'LECTURE', 'THEME_DAY');
