create or replace table rows_volunteering_claim as
with firsts as (
    select p.row_no * 2 as row_no, p.row_no as project_row_no, p.community_no, p.claimed_local, p.completed_local
    from volunteering_micro_project as p where p.claimed_local is not null
),
again as (
    select row_no from firsts order by u('claimed again', row_no), row_no
    limit (select ceil(count(*) * {copies})::bigint from firsts)
)
select *, false as is_copy from firsts
union all
select f.* replace (f.row_no + 1 as row_no, f.community_no % (select max(community_no) from communities) + 1 as community_no,
    f.claimed_local + interval (300 + pick('claimed again at', f.row_no, 7200)) second as claimed_local,
    null as completed_local), true
from firsts as f semi join again using (row_no);
