create or replace table rows_broadband_address_capability as
with served as (
    select h.house_id, operator, h.house_id * 4 + operator - 1 as line_no, h.is_urban
    from houses as h, range(1, 5) as t(operator)
    where operator = 1 + pick('operator', h.house_id, 10) * 2 // 5 or u('second operator', h.house_id * 4 + operator) < 0.04
),
lines as (
    select *, case when u('access', line_no) < case when is_urban then 0.95 else 0.82 end then '1'
            when u('access', line_no) < case when is_urban then 0.98 else 0.90 end then '2'
            when u('access', line_no) < case when is_urban then 0.99 else 0.95 end then '3'
            when u('access', line_no) < 0.99 and operator = 4 then '4' when u('access', line_no) < 0.985 then '2' else '0' end as access_code
    from served
),
capable as (
    select *, case access_code when '1' then case when u('capability', line_no) < 0.1 then 2000 else 1000 end
            when '2' then [50, 100, 200][1 + pick('capability', line_no, 3)] when '3' then [20, 30, 50][1 + pick('capability', line_no, 3)]
            when '4' then [100, 300][1 + pick('capability', line_no, 2)] end as download_mbps
    from lines
),
taken as (
    select *, case access_code when '1' then download_mbps // 10 when '0' then null else download_mbps // 5 end as upload_mbps,
        case when access_code <> '0' and u('subscribed', line_no) < 0.72
            then least(download_mbps, [100, 200, 300, 500, 1000][1 + pick('subscribed', line_no, 5)]) end as subscribed
    from capable
),
quarters as (
    select place, (date_trunc('quarter', date '{today}') + to_months(2 - 3 * place))::date as quarter_end from range(2) as t(place)
)
select t.line_no * 2 + q.place as row_no, t.*, q.quarter_end, h.community_code as house_community_code, n.next_community_code,
    t.house_id as home_house_id,
    ['Kbps', 'MB/s', 'KB/s'][1 + pick('other unit', t.line_no * 2 + q.place, 3)] as other_unit
from taken as t
cross join (select place::bigint as place, quarter_end from quarters) as q
join houses as h using (house_id)
join next_communities as n on n.community_code = h.community_code;
