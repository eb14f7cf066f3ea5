create or replace table rows_volunteering_micro_project as
with published as (
    select community_no * 100 + place as row_no, community_no, community_code,
        timestamp '{today}' - interval (3 + pick('published', community_no * 100 + place, 176)) day
            + interval (30600 + pick('published at', community_no * 100 + place, 30000)) second as published_local
    from (select *, unnest(range(4 + pick('projects', community_no, 4))) as place from communities)
),
taken as (
    select *, case when u('claimed', row_no) < 0.72
        then published_local + interval (7200 + pick('claimed at', row_no, 86400 * 12)) second end as claimed_at_local
    from published
)
select * exclude (claimed_at_local),
    case when claimed_at_local < timestamp '{today}' + interval 20 hour then claimed_at_local end as claimed_local,
    case when u('completed', row_no) < 0.85
        then claimed_at_local + interval (86400 * 3 + pick('completed at', row_no, 86400 * 40)) second end as completed_at_local
from taken;
