create or replace table rows_family_tv_stb as
with boxes as (
    select row_no as account_row_no, account_no, status_code as account_status_code, opened_on, is_bidirectional, is_urban,
        unnest(range(1 + (u('second box', row_no) < 0.18)::int)) as place
    from rows_family_tv_household_sub
),
numbered as (
    select *, row_number() over (order by account_row_no, place)::bigint as row_no from boxes
)
select *, is_bidirectional and u('smart', row_no) < 0.7 as is_smart,
    opened_on + pick('activated', row_no, 50)::int as activated_on,
    case when account_status_code <> '1' then null when u('active', row_no) < 0.82 then date '{today}' - pick('last active', row_no, 9)::int
        when u('active', row_no) < 0.97 then greatest(opened_on + 50, date '{today}' - (10 + pick('last active', row_no, 300))::int)
        end as last_active_on
from numbered;
