create or replace table rows_volunteering_service_hour as
with sizes as (
    select community_no, count(*) as activities from rows_volunteering_activity group by community_no
),
serving as (
    select v.row_no as volunteer_row_no, v.community_no, v.registered_on, s.activities,
        unnest(range((4 * pow(u('eager', v.row_no), 1.2))::bigint)) as place
    from volunteering_volunteer as v join sizes as s using (community_no)
),
ranked as (
    select *, row_number() over (partition by community_no order by starts_local) - 1 as activity_place
    from rows_volunteering_activity
),
served as (
    select s.volunteer_row_no * 16 + s.place * 3 as row_no, s.volunteer_row_no, a.row_no as activity_row_no,
        a.starts_local + interval (pick('came', s.volunteer_row_no * 16 + s.place, 600)) second as started_local,
        a.seconds - pick('left early', s.volunteer_row_no * 16 + s.place, 1200) as seconds, a.community_no
    from serving as s
    join ranked as a on a.community_no = s.community_no
        and a.activity_place = (pick('first activity', s.volunteer_row_no, s.activities) + s.place) % s.activities
    where s.place < s.activities and a.starts_local >= s.registered_on and a.starts_local + interval 6 hour < timestamp '{today}' + interval 1 day
),
chosen as (
    select row_no, row_number() over (order by u('second hours', row_no), row_no) as choice, count(*) over () as total from served
),
elsewhere as (
    select community_no, min(row_no) as other_row_no from rows_volunteering_activity group by community_no
)
select *, null as copied_as from served
union all
select s.* replace (s.row_no + 1 as row_no), 'hours_entered_twice'
from served as s join chosen as c using (row_no) where c.choice <= ceil(c.total * {entered_twice})
union all
select s.* replace (s.row_no + 2 as row_no, e.other_row_no as activity_row_no,
    s.started_local + interval (900 + pick('overlap', s.row_no, 1500)) second as started_local), 'hours_overlapping'
from served as s join chosen as c using (row_no)
join elsewhere as e on e.community_no = 1 + s.community_no % (select max(community_no) from communities)
where c.choice > ceil(c.total * {entered_twice}) and c.choice <= ceil(c.total * {entered_twice}) + ceil(c.total * {overlapping});
