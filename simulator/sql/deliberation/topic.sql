create or replace table deliberation_topic as
with proposers as (
    select community_no, list(account_no order by account_no) as account_nos from deliberation_account group by community_no
)
select t.row_no, t.community_no, t.adopted_local, t.resolved_local, 'YT' || lpad(t.row_no::varchar, 8, '0') as topic_no, t.community_code,
    case when test_fault is not null then '测试议题' || t.row_no
        else ['加装电梯怎么分摊', '停车位重新划线', '广场舞时间约定', '老旧管网改造', '增设充电桩', '绿化带改造', '快递柜选址', '楼道照明改造'][
            1 + pick('topic', t.row_no, 8)] end as title,
    ['FACILITY', 'PARKING', 'ORDER', 'FACILITY', 'FACILITY', 'ENVIRONMENT', 'SERVICE', 'FACILITY'][1 + pick('topic', t.row_no, 8)]
        as category_code,
    p.account_nos[1 + pick('proposer', t.row_no, len(p.account_nos))] as proposer_account_no,
    at_zone(submitted_local) as submitted_at,
    at_zone(case reply_fault when 'first_reply_missing' then null
        when 'time_order_implausible' then submitted_local - interval (1800 + pick('early', t.row_no, 90000)) second
        else replied_local end) as first_reply_at,
    at_zone(adopted_local) as adopted_at, at_zone(resolved_local) as resolved_at,
    case when resolved_local is not null then 'RESOLVED' when adopted_local is not null then 'ADOPTED'
        when replied_local is not null and fate >= 0.85 then 'REJECTED' when replied_local is not null then 'REPLIED'
        else 'SUBMITTED' end as status_code,
    changed_at(coalesce(resolved_local, adopted_local, replied_local, submitted_local), 'topic', t.row_no, timestamp '{today}') as updated_at,
    test_fault is not null and u('topic deleted', t.row_no) < 0.1 as is_deleted
from faulty_deliberation_topic as t left join proposers as p using (community_no);
