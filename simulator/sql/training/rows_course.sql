create or replace table rows_training_course as
with subjects as (
    select * from (values
        ('1', '基层党建引领社区治理'), ('1', '党务工作规范'), ('2', '网格化服务管理实务'), ('2', '社区协商与矛盾调处'),
        ('2', '居民自治与村规民约'), ('3', '一口式受理业务'), ('3', '老年人探访关爱'), ('3', '低收入家庭救助政策'),
        ('4', '消防安全与应急处置'), ('4', '防汛与自然灾害救助'), ('5', '智慧社区平台操作'), ('5', '个人信息保护')
    ) as t (category_code, subject)
),
numbered as (
    select *, row_number() over (order by category_code, subject) - 1 as subject_place from subjects
),
courses as (
    select course_serial, 1 + course_serial % 3 as level, ['市级', '县区', '镇街'][1 + course_serial % 3] as level_name,
        case when course_serial <= 48 then date '2025-01-10' + pick('course day', course_serial, 340)::int
            else date '2026-01-10' + pick('course day', course_serial, 155)::int end as held_on,
        [4, 6, 8, 12, 16][1 + pick('course hours', course_serial, 5)] as true_hours,
        pick('subject', course_serial, 12) as subject_place
    from range(1, 73) as t(course_serial)
)
select course_serial as row_no, c.*, s.category_code, s.subject,
    held_on + (true_hours // 8)::int as ended_on, u('delivery', course_serial) < 0.3 as is_online
from courses as c join numbered as s using (subject_place);
