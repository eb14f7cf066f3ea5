insert into plan_grid_event
select row_no, 'copy', 'event_no', 'event_entered_twice' from rows_grid_event where is_copy
union all
select row_no, 'again', 'title', 'incident_reported_again' from rows_grid_event where is_repeat and not is_copy;

create or replace table grid_event as
with housed as (
    select f.*, {home} from faulty_grid_event as f join houses as home on home.house_id = f.house_id
),
closed as (
    select *, case when close_fault is not null then accepted_local - interval (600 + pick('grid before', row_no, 100000)) second
            when not is_ended then null
            when is_reopened and closed_again_local >= timestamp '{today}' + interval 1 day then null
            when is_reopened then closed_again_local else ended_local end as closed_local
    from housed
),
told as (
    select *, case when closed_local is not null then 'CLOSED' when is_reopened then 'REOPENED'
            when accepted_local + interval 1800 second < timestamp '{today}' + interval 1 day then 'HANDLING' else 'ACCEPTED' end as state
    from closed
)
select row_no, 'SJ' || substr(county_code, 3) || strftime(reported_local, '%y%m%d') || lpad(row_no::varchar, 8, '0') as event_no,
    county_code, community_code, {grid_code} as grid_code,
    case told_kind_code when 'FIRE' then 'XF' when 'INTRUSION' then 'ZA' when 'DISPUTE' then 'MD' when 'FACILITY' then 'SS'
        when 'ENVIRONMENT' then 'HJ' when 'NOISE' then 'ZS' when 'HELP' then 'QZ' when 'TRAFFIC' then 'JT' else 'QT' end as event_kind_code,
    source_code, case when told_kind_code = 'FIRE' then '03' else '04' end as level_code,
    case when test_fault is not null then '测试事件' || row_no else case told_kind_code
            when 'FIRE' then ['楼道堆物冒烟', '荒草着火', '电动车充电起火'][1 + pick('title', row_no, 3)]
            when 'INTRUSION' then ['陌生人尾随进楼', '夜间翻墙进院'][1 + pick('title', row_no, 2)]
            when 'DISPUTE' then ['邻里因漏水争吵', '停车位争执', '宅基地边界纠纷'][1 + pick('title', row_no, 3)]
            when 'FACILITY' then ['路灯不亮', '井盖缺失', '健身器材损坏'][1 + pick('title', row_no, 3)]
            when 'ENVIRONMENT' then ['垃圾堆放未清', '污水外溢', '小广告成片'][1 + pick('title', row_no, 3)]
            when 'NOISE' then ['夜间施工噪声', '广场舞扰民'][1 + pick('title', row_no, 2)]
            when 'HELP' then ['老人求助买药', '居民求助开锁'][1 + pick('title', row_no, 2)]
            when 'TRAFFIC' then ['消防通道被占', '车辆乱停堵路'][1 + pick('title', row_no, 2)]
            else '其他事项' end end as title,
    home_house_code as house_code, {address} as address,
    'WG' || lpad(reporter_worker_no::varchar, 6, '0') as reporter_worker_no, {name} as reporter_name, {phone} as reporter_phone,
    at_zone(occurred_local) as occurred_at, at_zone(reported_local) as reported_at,
    at_zone(case when upload_fault is not null then reported_local + interval (3600 + pick('uploaded', row_no, 50000)) second
        else reported_local + interval (2 + pick('uploaded', row_no, 20)) second end) as uploaded_at,
    at_zone(accepted_local) as accepted_at, at_zone(due_local) as due_at, at_zone(closed_local) as closed_at,
    case when place_fault is not null then round(told_longitude + inward(told_longitude) * (0.03 + 0.05 * u('drift', row_no)), 6)
        else told_longitude end as longitude, told_latitude as latitude,
    case when status_fault is null then state
        else status_variant(county_code, state) end as status_code,
    is_reopened::int as reopened_times,
    case when closed_local is not null and u('followed up', row_no) < 0.3 then case when u('satisfied', row_no) < 0.78 then 'SATISFIED'
        when u('satisfied', row_no) < 0.9 then 'BASICALLY_SATISFIED' when u('satisfied', row_no) < 0.96 then 'DISSATISFIED'
        else 'UNREACHABLE' end end as satisfaction_code,
    case when closed_local is not null and u('followed up', row_no) < 0.3
        then at_zone(least(greatest(closed_local, accepted_local) + interval (3600 + pick('follow up', row_no, 80000)) second,
            timestamp '{today}' + interval 86000 second)) end as followed_up_at,
    at_zone(least(greatest(accepted_local, coalesce(closed_local, accepted_local)) + interval (60 + pick('grid updated', row_no, 90000)) second,
        timestamp '{today}' + interval 86399 second)) as updated_at,
    is_single and u('grid deleted', row_no) < 0.004 as is_deleted,
    accepted_local, ended_local, closed_local, is_ended, is_reopened, is_rerouted, reopened_local, closed_again_local
from told;
