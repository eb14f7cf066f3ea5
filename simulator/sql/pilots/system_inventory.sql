insert into plan_pilots_system_inventory
select row_no, 'copy', 'system_name', 'system_duplicate' from rows_pilots_system_inventory where is_copy;
create or replace table pilots_system_inventory as
select row_no, 'XT' || is_copy::int || lpad(system_place::varchar, 5, '0') as system_no,
    case when is_copy then case pick('renamed', system_place, 3) when 0 then true_system_name || '（新）'
            when 1 then replace(replace(true_system_name, '平台', '管理平台'), '系统', '管理系统')
            else '淮南市' || true_system_name end
        else true_system_name end as system_name,
    department as owner_department, level_code, county_code, category_code, action_code,
    strftime(planned_on, '%Y-%m') as planned_month,
    case when action_code = '3' or not is_finished or month_fault is not null then null else strftime(finished_on, '%Y-%m') end
        as finished_month,
    case when action_code = '3' then '1' when is_finished then ['3', '4', '', '5'][action_code::int]
        when planned_on < date '{today}' then '2' else '1' end as status_code
from faulty_pilots_system_inventory;
