create or replace table rows_deliberation_comment as
with firsts as (
    select t.row_no * 100000000 + a.row_no as row_no, t.row_no as topic_row_no, a.row_no as account_row_no,
        t.adopted_local + interval (pick('comments', t.row_no * 1000003 + a.row_no, 700000)) second as posted_local
    from deliberation_topic as t join deliberation_account as a using (community_no)
    where t.adopted_local + interval 700000 second < timestamp '{today}' + interval 20 hour and not a.is_farmer
        and u('will comment', t.row_no * 1000003 + a.row_no) < 0.12
),
again as (
    select row_no from firsts order by u('comments again', row_no), row_no
    limit (select ceil(count(*) * {copies})::bigint from firsts)
)
select row_no * 2 as row_no, * exclude (row_no), false as is_copy, row_no in (from again) as has_copy from firsts
union all
select f.row_no * 2 + 1, f.* exclude (row_no) replace (f.posted_local + interval (15 + pick('again', f.row_no, 900)) second as posted_local),
    true, true
from firsts as f semi join again using (row_no);
