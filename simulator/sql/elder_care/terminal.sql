create or replace table elder_care_terminal as
with seen as (
    select *, timestamp '{today}' + interval 23 hour - interval (pick('seen', row_no, 80000)) second
        - interval ((7 * pow(u('seen day', row_no), 4))::int) day as recently
    from faulty_elder_care_terminal
)
select row_no, presence, elder_no as true_elder_no, vendor_code, status_code, vendor_code || lpad(((row_no * 387420489 + 43) % 10000000000)::varchar, 10, '0') as terminal_no,
    case when elder_fault is not null then 'LN9' || substr(elder_no, 4) || '0' else elder_no end as elder_no,
    ['BUTTON', 'BUTTON', 'WATCH', 'PHONE', 'MONITOR'][1 + pick('terminal type', row_no, 5)] as terminal_type_code,
    community_code, (date '{today}' - interval (120 + pick('installed', row_no, 900)) day)::date as installed_on,
    at_zone(case when seen_fault is not null then recently - interval (40 + pick('silent', row_no, 60)) day
        when status_code <> '1' then recently - interval (5 + pick('silent', row_no, 100)) day else recently end) as last_online_at,
    at_zone(recently + interval (pick('terminal', row_no, 3000)) second) as updated_at,
    u('deleted terminal', row_no) < 0.004 as is_deleted
from seen;
