create or replace table volunteering_micro_project as
with ended as (
    select *, case when claimed_local is not null and completed_at_local < timestamp '{today}' + interval 20 hour
        then completed_at_local end as completed_local
    from faulty_volunteering_micro_project
)
select row_no, community_no, published_local, claimed_local, completed_local, 'WX' || lpad(row_no::varchar, 8, '0') as project_no,
    ['为独居老人送餐', '修缮楼道扶手', '社区图书角', '困境儿童课业辅导', '残疾人出行陪伴', '老年人智能手机课'][1 + pick('project', row_no, 6)]
        as title,
    ['ELDERLY', 'FACILITY', 'CULTURE', 'CHILDREN', 'DISABLED', 'ELDERLY'][1 + pick('project', row_no, 6)] as category_code,
    community_code, 500 + 100 * pick('budget', row_no, 46) as budget_yuan, at_zone(published_local) as published_at,
    case when status_fault is not null or claimed_local is null
            then case when claimed_local is null and u('withdrawn', row_no) < 0.08 then 'WITHDRAWN' else 'PUBLISHED' end
        when completed_local is not null then 'COMPLETED' else 'CLAIMED' end as status_code,
    changed_at(coalesce(completed_local, claimed_local, published_local), 'project', row_no, timestamp '{today}') as updated_at,
    false as is_deleted
from ended;
