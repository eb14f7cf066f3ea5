create or replace macro loose_hours(hours, key) as
    case pick('loose hours', key, 4) when 0 then hours || '学时' when 1 then full_width(hours::varchar)
        when 2 then hours || ' 小时' else '''' || hours end;
create or replace macro worker_text(worker_no, is_copy) as 'SG' || is_copy::int || lpad(worker_no::varchar, 7, '0');
create or replace macro quarter_end(day) as (date_trunc('quarter', day) + interval 2 month)::date;
