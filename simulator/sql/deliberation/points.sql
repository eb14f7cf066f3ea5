insert into plan_deliberation_points
select row_no, 'farmed', 'earned_at', 'points_farming' from rows_deliberation_points where is_farmed;

create or replace table deliberation_points as
select p.row_no, 'JF' || lpad((p.row_no::hugeint * 387420489 % 1000000000000000)::varchar, 15, '0') as points_no, a.account_no, p.rule_code,
    p.points::int as points, at_zone(p.earned_local) as earned_at, at_zone(p.earned_local + interval 1 second) as updated_at,
    false as is_deleted
from rows_deliberation_points as p join deliberation_account as a on a.row_no = p.account_row_no;
