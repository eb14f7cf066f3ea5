create or replace table alone_houses as
select row_number() over (order by household_no) - 1 as place, house_id
from persons where presence = 'resident' and shape = 'elderly single' and age_years >= 70;

create or replace table devices as
with placed_in_line as (
    -- Proportional even for few devices, so that no kind is missing from a small city.
    select device_no, (row_number() over (order by u('device type', device_no), device_no) - 0.5) / {devices} as share
    from range(1, {devices} + 1) as t(device_no)
),
typed as (
    select device_no, case when share < 0.34 then 'ACCESS'
            when share < 0.66 then 'SMOKE'
            when share < 0.75 then 'PERIMETER'
            when share < 0.84 then 'PANIC'
            when share < 0.92 then 'CAMERA'
            when share < 0.96 then 'INTERCOM' else 'PATROL' end as device_type_code
    from placed_in_line
),
placed as (
    select t.*, case when device_type_code = 'PANIC' then a.house_id
        else 1 + pick('device house', device_no, (select count(*) from houses)) end as house_id
    from typed as t
    left join alone_houses as a
        on a.place = pick('panic house', t.device_no, (select count(*) from alone_houses))
)
select p.device_no, p.device_type_code, h.house_id, h.community_no, h.county_code, h.community_code, h.grid_code,
    case when device_type_code in ('SMOKE', 'PANIC') then h.house_code end as house_code,
    h.longitude, h.latitude,
    h.community_label || coalesce(h.estate_name, h.road)
        || case device_type_code when 'ACCESS' then '门禁' when 'SMOKE' then '烟感' when 'PERIMETER' then '周界'
            when 'PANIC' then '一键报警' when 'CAMERA' then '摄像机' when 'INTERCOM' then '对讲' else '巡更点' end || device_no as name,
    h.county_code || '00' || '00' || case device_type_code when 'ACCESS' then '137' when 'SMOKE' then '134'
        when 'PERIMETER' then '135' when 'PANIC' then '136' when 'CAMERA' then '132' when 'INTERCOM' then '138'
        else '139' end || '0' || lpad(device_no::varchar, 6, '0') as device_id,
    timestamp '{first_day}' - interval (60 + pick('installed', device_no, 900)) day
        + interval (9 + pick('installed hour', device_no, 8)) hour as installed_local,
    60 as heartbeat_interval_minutes,
    pick('beat', device_no, 3600) as beat_second
from placed as p join houses as h using (house_id);
