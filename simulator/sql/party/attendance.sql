create or replace table party_attendance as
select row_no, case when member_fault is null then person_no end as person_no, meeting_no,
    case when member_fault is not null then 'DX' || substr(member_no, 3) else member_no end as member_no,
    strftime(period, '%Y-%m') as period, attendance_code
from faulty_party_attendance;
