create or replace table rows_pilots_milestone as
with stages as (
    select * from (values
        ('1', '选定试点社区', date '2019-03-01'), ('2', '启动试点建设', date '2019-06-01'), ('3', '试点常态运行', date '2020-06-01'),
        ('4', '形成标准和评价体系', date '2020-12-01')
    ) as t (stage_code, title, planned_on)
),
owners as (
    select null as pilot_no, 0 as place
    union all
    select pilot_no, row_no from pilots_pilot_community where level_code <> '9'
),
planned as (
    select o.place * 10 + s.stage_code::int as row_no, o.pilot_no as true_pilot_no, s.*,
        planned_on + to_months(pick('slips', o.place * 10 + s.stage_code::int, 4)::int) as achieved_on,
        u('unfinished', o.place * 10 + s.stage_code::int) < 0.08 and stage_code = '4' as is_late
    from stages as s cross join owners as o
)
select * from planned;
