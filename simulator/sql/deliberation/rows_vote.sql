create or replace table rows_deliberation_vote as
with cast_votes as (
    select t.row_no * 100000000 + a.row_no as row_no, t.row_no as topic_row_no, a.row_no as account_row_no,
        a.is_unverified, a.is_farmer,
        t.adopted_local + interval (case when a.is_farmer then pick('farm votes', t.row_no * 1000003 + a.device_row_no, 500000)
                + 30 * pick('farm vote', a.row_no, 20)
            else pick('votes', t.row_no * 1000003 + a.row_no, 600000) end) second as voted_local
    from deliberation_topic as t join deliberation_account as a using (community_no)
    where t.adopted_local is not null
        and u('will vote', t.row_no * 1000003 + a.device_row_no) < case when a.is_farmer then 0.6 else 0.25 end
),
firsts as (
    select * from cast_votes where voted_local < timestamp '{today}' + interval 20 hour
),
again as (
    select row_no from firsts where not is_farmer order by u('votes again', row_no), row_no
    limit (select ceil(count(*) * {copies})::bigint from firsts)
)
select row_no * 2 as row_no, * exclude (row_no), false as is_copy from firsts
union all
select f.row_no * 2 + 1, f.* exclude (row_no) replace (f.voted_local + interval (40 + pick('again', f.row_no, 4000)) second as voted_local), true
from firsts as f semi join again using (row_no);
