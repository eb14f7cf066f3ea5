create or replace table rows_deliberation_points as
with signed_in as (
    select row_no * 64 + place as row_no, row_no as account_row_no, 'SIGN_IN' as rule_code, 1 as points,
        timestamp '{today}' - interval (place * 4 + pick('signed', row_no * 64 + place, 4)) day
            + interval (25200 + pick('signed at', row_no * 64 + place, 50000)) second as earned_local
    from (select *, unnest(range((22 * pow(u('keen', row_no), 4))::bigint)) as place from deliberation_account)
),
voted as (
    select v.row_no * 64 + 63, v.account_row_no, 'VOTE', 2, v.voted_local + interval 1 second from rows_deliberation_vote as v where not is_copy
),
earned as (
    select * from signed_in where earned_local < timestamp '{today}' + interval 20 hour union all select * from voted
),
farmers as (
    select row_no, row_number() over (order by u('farms points', row_no), row_no) as choice from deliberation_account
),
farmed as (
    select row_no * 64 + 22 + place as row_no, row_no as account_row_no, 'SHARE' as rule_code, 1 as points,
        timestamp '{today}' - interval (pick('farming on', row_no, 60)) day + interval (10 + pick('farming at', row_no, 8)) hour
            + interval (place * 45 + pick('farming', row_no * 64 + place, 30)) second as earned_local
    from farmers cross join (select unnest(range(40)) as place) as rounds
    where choice <= ceil({farmed} * (select count(*) from earned) / 40)
)
select *, false as is_farmed from earned union all select *, true from farmed;
