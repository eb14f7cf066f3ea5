create or replace table base_health_booking as
with going as (
    select row_no as record_no, ehr_no, community_code,
        unnest(range(case when u('goes to a doctor', row_no) < 0.05 then 2 when u('goes to a doctor', row_no) < 0.22 then 1 else 0 end)) as place
    from health_ehr_index where presence = 'resident' and copy_no = 0
),
levels as (
    select *, record_no * 8 + place * 2 as row_no,
        case when u('level', record_no * 8 + place) < 0.52 then 'PRIMARY' when u('level', record_no * 8 + place) < 0.8 then 'SECONDARY'
            else 'TERTIARY' end as institution_level_code,
        date '{today}' - 29 + pick('visit day', record_no * 8 + place, 34)::int as planned_on
    from going
),
channelled as (
    select *, case when planned_on > date '{today}' then 'ONLINE'
            when u('channel', row_no) < case institution_level_code when 'PRIMARY' then 0.2 else 0.55 end then 'ONLINE'
            when u('channel', row_no) < 0.6 then 'PHONE' else 'WINDOW' end as channel_code
    from levels
)
select *, planned_on + interval (28800 + pick('visit second', row_no, 30000)) second as visited_local,
    case when channel_code = 'WINDOW' then planned_on + interval (27000 + pick('visit second', row_no, 30000)) second
        else date '{today}' - interval (1 + greatest(0, date_diff('day', planned_on, date '{today}')) + pick('ahead', row_no, 6)) day
            + interval (30000 + pick('booked second', row_no, 40000)) second end as booked_local,
    case when planned_on > date '{today}' then 'BOOKED' when channel_code <> 'WINDOW' and u('absent', row_no) < 0.06 then 'ABSENT'
        when channel_code <> 'WINDOW' and u('absent', row_no) < 0.12 then 'CANCELLED' else 'VISITED' end as status_code
from channelled;

create or replace table rows_health_booking as
select *, false as is_copy from base_health_booking
union all
select * replace (row_no + 1 as row_no), true
from (select * from base_health_booking order by u('booked twice', row_no), row_no
      limit (select ceil(count(*) * {copies})::bigint from base_health_booking));
