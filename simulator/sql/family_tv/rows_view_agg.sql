create or replace table rows_family_tv_view_agg as
with viewers as (
    select account_row_no, account_no, max(last_active_on) as last_active_on, bool_or(is_smart) as is_smart
    from rows_family_tv_stb where last_active_on > date '{today}' - {days} group by all
),
days as (
    select *, date '{today}' - unnest(range({days}))::int as view_date from viewers
),
watched as (
    select *, account_row_no * 100 + (date '{today}' - view_date) as row_no from days
    where view_date = last_active_on
        or (view_date < last_active_on and u('watches', account_row_no * 100 + (date '{today}' - view_date)) < 0.7)
)
select *, 5 + (420 * pow(u('live', row_no), 1.8))::int as live_minutes,
    case when is_smart then (180 * pow(u('on demand', row_no), 2))::int else 0 end as on_demand_minutes,
    case when u('government', row_no) < 0.12 then 1 + pick('government minutes', row_no, 4) else 0 end as government_minutes,
    case when u('community', row_no) < 0.08 then 1 else 0 end as community_minutes,
    case when is_smart and u('voice', row_no) < 0.35 then 1 + pick('voice uses', row_no, 12) else 0 end as voice_uses,
    case when u('phone', row_no) < 0.1 then 1 + pick('phone uses', row_no, 4) else 0 end as phone_sessions
from watched;
