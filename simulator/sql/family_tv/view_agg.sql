create or replace table family_tv_view_agg as
select row_no, view_date, account_no,
    case when minutes_fault = 'value_out_of_range' then 5000 + pick('too long', row_no, 20000) else live_minutes end as live_minutes,
    on_demand_minutes,
    case when minutes_fault = 'part_exceeds_whole' then live_minutes + on_demand_minutes + 1 + pick('too much', row_no, 100)
        else government_minutes end as government_minutes,
    community_minutes, voice_uses, phone_sessions
from faulty_family_tv_view_agg;
