create or replace table party_meeting as
with came as (
    select meeting_row_no, count(*) filter (attendance_code = 'PRESENT') as present from true_attendances group by meeting_row_no
),
counted as (
    select m.*, coalesce(c.present, greatest(1, expected_count - pick('missing', m.row_no, 3)))::int as came_count
    from faulty_party_meeting as m left join came as c on c.meeting_row_no = m.row_no
)
select row_no, meeting_no, strftime(period, '%Y-%m') as period,
    case branch_fault when 'branch_merged_away' then former_branch_no
        when 'reference_unknown' then 'DX' || substr(branch_no, 3) else branch_no end as branch_no,
    type_code as meeting_type_code, topic, strftime(due_on, '%Y-%m-%d') as due_on, strftime(held_on, '%Y-%m-%d') as held_on,
    expected_count,
    case when held_on is null then null when attended_fault is not null then expected_count + 1 + pick('too many', row_no, 5)
        else least(came_count, expected_count) end as attended_count,
    strftime(case recorded_fault
        when 'meeting_back_filled' then held_on + (31 + pick('back filled', row_no, least(60, date_diff('day', held_on, date '{today}') - 31)))::int
        when 'time_order_implausible' then held_on - (1 + pick('foretold', row_no, 5))::int
        else least(usually_recorded_on, greatest(held_on, date '{today}')) end, '%Y-%m-%d') as recorded_on,
    strftime(posted_on, '%Y-%m-%d') as posted_on
from counted;
