insert into plan_broadband_public_wifi
select row_no, 'copy', 'site_name', 'site_duplicate' from rows_broadband_public_wifi where is_copy;
create or replace table broadband_public_wifi as
with placed as (
    select *, round(longitude + (u('wifi x', site_place) - 0.5) * 0.01, 6)::varchar as east,
        round(latitude + (u('wifi y', site_place) - 0.5) * 0.01, 6)::varchar as north
    from faulty_broadband_public_wifi
)
select row_no, 'WL' || is_copy::int || lpad(site_place::varchar, 7, '0') as site_no,
    case when not is_copy then true_site_name when u('renamed', site_place) < 0.5 then county_name || true_site_name
        else replace(true_site_name, '社区', '') || 'WiFi' end as site_name,
    community_code, (place + 1)::varchar as place_code,
    case when place_fault is null then east else north end as longitude, case when place_fault is null then north else east end as latitude,
    [100, 200, 500][1 + pick('site bandwidth', site_place, 3)]::varchar as bandwidth_mbps,
    strftime(planned_on, '%Y-%m') as planned_month,
    case when is_live and month_fault is null then strftime(live_on, '%Y-%m') end as live_month,
    case when is_live and u('site closed', site_place) < 0.03 and month_fault is null then '4' when is_live then '3'
        when planned_on < date '{today}' then '2' else '1' end as status_code
from placed;
