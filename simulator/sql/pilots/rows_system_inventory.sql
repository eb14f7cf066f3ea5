create or replace table rows_pilots_system_inventory as
with city_systems as (
    select d.department, d.category_code, k.kind, null as county_code, '1' as level_code
    from (values ('市公安局', '3'), ('市民政局', '4'), ('市卫生健康委员会', '4'), ('市委政法委员会', '2'), ('市委组织部', '5'),
        ('市住房保障和房产管理局', '4'), ('市人力资源和社会保障局', '4'), ('市市场监督管理局', '1'), ('市应急管理局', '3'),
        ('市城市管理行政执法局', '2'), ('市教育局', '4'), ('市数据资源管理局', '1'), ('市文化和旅游局', '4'), ('市退役军人事务局', '4'),
        ('市残疾人联合会', '4'), ('市司法局', '2')) as d (department, category_code)
    cross join (values ('业务办理系统'), ('信息采集系统'), ('数据报送平台'), ('移动服务端')) as k (kind)
),
county_systems as (
    select c.county_name || k.office, k.category_code, k.kind, c.county_code, '2'
    from (select distinct county_code, county_name from communities) as c
    cross join (values ('民政局', '4', '社会救助信息系统'), ('民政局', '4', '居家养老服务平台'), ('委政法委员会', '2', '网格化管理平台'),
        ('委政法委员会', '2', '矛盾纠纷调处系统'), ('数据资源管理局', '1', '政务服务平台'), ('公安分局', '3', '视频巡防系统'),
        ('卫生健康委员会', '4', '家庭医生签约系统'), ('委组织部', '5', '党员教育管理系统'), ('应急管理局', '3', '应急指挥系统'),
        ('城市管理局', '2', '数字城管平台')) as k (office, category_code, kind)
),
numbered as (
    select row_number() over (order by level_code, county_code, department, kind) as system_place, *
    from (select * from city_systems union all select * from county_systems)
),
copies as (
    select system_place from numbered order by u('listed system twice', system_place), system_place
    limit (select ceil(count(*) * {copies})::bigint from numbered)
),
stacked as (
    select *, false as is_copy from numbered
    union all
    select *, true from numbered join copies using (system_place)
),
planned as (
    select *, system_place * 2 + is_copy::int as row_no, regexp_replace(department, '^市委?', '') || kind as true_system_name,
        case when u('action', system_place) < 0.45 then '1' when u('action', system_place) < 0.85 then '2'
            when u('action', system_place) < 0.93 then '3' else '4' end as action_code,
        (date '2025-03-01' + to_months(pick('planned', system_place, 24)::int))::date as planned_on
    from stacked
)
select *, finished_on < date '{today}' and u('finished', system_place) < 0.85 as is_finished
from (select *, (planned_on + to_months(pick('took', system_place, 5)::int - 1))::date as finished_on from planned);
