create or replace table base_elder_care_sos_call as
with called as (
    select row_no as terminal_row_no, terminal_no, vendor_code, true_elder_no as elder_no,
        unnest(range((-2.2 * ln(1 - 0.999 * u('calls', row_no)))::int)) as place
    from elder_care_terminal where status_code = '1'
),
numbered as (
    select *, terminal_row_no * 200 + place * 2 as row_no from called
),
received as (
    select *, timestamp '{today}' - interval 90 day + interval (pick('received', row_no, 7860000)) second as received_local,
        case when u('call type', row_no) < 0.8 then 'HELP' when u('call type', row_no) < 0.94 then 'FALL' else 'LOST' end as call_type_code
    from numbered
)
select *, case when call_type_code = 'LOST' then 'VALID' when u('result', row_no) < 0.4 then 'VALID'
        when u('result', row_no) < 0.86 then 'FALSE' else 'TEST' end as result_code,
    case when u('answered', row_no) < 0.97 then received_local + interval (4 + (-24 * ln(1 - 0.999 * u('answer', row_no)))::bigint) second end
        as answered_local
from received;

create or replace table rows_elder_care_sos_call as
select *, false as is_copy from base_elder_care_sos_call
union all
select * replace (row_no + 1 as row_no, received_local + interval (3 + pick('again', row_no, 40)) second as received_local,
    null as answered_local), true
from (select * from base_elder_care_sos_call where result_code <> 'TEST' order by u('call twice', row_no), row_no
      limit (select ceil(count(*) * {copies})::bigint from base_elder_care_sos_call));
