create or replace table community_activities as
select community_no, community_code, team_row_no, place, community_no * 1000 + place as row_no, activities,
    date '{today}' - (2 + (place * 360) // activities + pick('activity day', community_no, 3))::int + interval 1 day
        + interval (['8', '9', '14', '15'][1 + pick('activity hour', community_no * 1000 + place, 4)]::int * 3600) second as starts_local,
    5400 + 1800 * pick('activity long', community_no * 1000 + place, 6) as seconds
from (
    select t.community_no, t.community_code, t.row_no as team_row_no,
        row_number() over (partition by t.community_no order by a.step, t.row_no) - 1 as place,
        count(*) over (partition by t.community_no) as activities
    from rows_volunteering_team as t cross join (select unnest(range(10)) as step) as a
);

create or replace table rows_volunteering_activity as select * from community_activities where starts_local < timestamp '{today}' + interval 12 hour;
