create or replace table rows_deliberation_topic as
with submitted as (
    select community_no * 100 + place as row_no, community_no, community_code,
        timestamp '{today}' - interval (1 + pick('topic on', community_no * 100 + place, 89)) day
            + interval (28800 + pick('topic at', community_no * 100 + place, 46000)) second as submitted_local
    from (select *, unnest(range(3 + pick('topics', community_no, 4))) as place from communities)
),
answered as (
    select *, submitted_local + interval (3600 * 3 + (86400 * 12 * pow(u('answered', row_no), 1.6))::bigint) second as reply_local,
        u('topic fate', row_no) as fate
    from submitted
),
decided as (
    select *, case when fate > 0.08 and reply_local < timestamp '{today}' + interval 20 hour then reply_local end as replied_local,
        reply_local + interval (86400 + pick('adopted', row_no, 86400 * 4)) second as decision_local
    from answered
),
adopted as (
    select *, case when replied_local is not null and fate < 0.85 and decision_local < timestamp '{today}' + interval 20 hour
        then decision_local end as adopted_local from decided
)
select *, case when adopted_local is not null and fate < 0.7
        and adopted_local + interval (86400 * (7 + pick('resolved', row_no, 30))) second < timestamp '{today}' + interval 20 hour
    then adopted_local + interval (86400 * (7 + pick('resolved', row_no, 30))) second end as resolved_local
from adopted;
