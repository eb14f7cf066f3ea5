create or replace table rows_volunteering_team as
select community_no * 10 + team_place as row_no, team_place, community_no, community_code, community_label,
    u('filed', community_no * 10 + team_place) < 0.82 as is_filed,
    date '{today}' - (200 + pick('team since', community_no * 10 + team_place, 2400))::int as established_on
from (select *, unnest(range(1 + pick('teams', community_no, 3))) as team_place from communities);
