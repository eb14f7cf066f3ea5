create or replace macro box_mac(number) as
    upper(regexp_replace('34049' || lpad(to_hex((number * 2654435761) % 268435456), 7, '0'), '(..)(..)(..)(..)(..)(..)', '\1:\2:\3:\4:\5:\6'));
create or replace macro box_serial(number) as 'AGT' || lpad(((number * 387420489 + 7) % 10000000000000)::varchar, 13, '0');

create or replace table family_tv_stb as
with honest as (
    select row_no, row_number() over (order by row_no) as place from faulty_family_tv_stb where mac_fault is null
),
ranked as (
    select f.*, count(h.place) over (order by f.row_no rows between unbounded preceding and 1 preceding) as honest_before
    from faulty_family_tv_stb as f left join honest as h using (row_no)
)
select r.row_no, 'JDH' || lpad(r.row_no::varchar, 9, '0') as stb_no,
    case when account_fault is not null then 'TX' || substr(account_no, 3) else account_no end as account_no,
    case when device_fault is null then box_serial(r.row_no) else case pick('malformed', r.row_no, 3)
        when 0 then substr(box_serial(r.row_no), 4) when 1 then lower(box_serial(r.row_no))
        else substr(box_serial(r.row_no), 1, 15) end end as device_id,
    box_mac(coalesce(other.row_no, r.row_no)) as mac_address,
    ['AG-2100', 'AG-3200', 'AG-4K1', 'AG-4K2'][1 + pick('model', r.row_no, 2) + 2 * is_smart::int] as model_code,
    is_smart, is_smart and u('voice remote', r.row_no) < 0.6 as has_voice_remote, strftime(activated_on, '%Y-%m-%d') as activated_on,
    strftime(case when active_fault is not null then activated_on - (1 + pick('before', r.row_no, 300))::int else last_active_on end,
        '%Y-%m-%d') as last_active_on,
    case when account_status_code = '3' then '2' else '1' end as status_code
from ranked as r
left join honest as other on other.place = case when r.mac_fault is not null then 1 + pick('copied mac', r.row_no, r.honest_before) end;
