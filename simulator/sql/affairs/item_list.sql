create or replace table affairs_item_list as
select row_number() over (order by item_code) as row_no, item_code, item_name, department_code, time_limit_working_days,
    is_one_visit, is_single_handling, is_online,
    at_zone(timestamp '2026-01-05 09:00:00' + interval (pick('item', item_code, 80)) day) as updated_at, false as is_deleted
from items;
