insert into plan_deliberation_vote
select row_no, 'copy', 'vote_no', 'vote_repeated' from rows_deliberation_vote where is_copy
union all
select row_no, 'unverified', 'account_no', 'vote_unverified' from rows_deliberation_vote where is_unverified
union all
select row_no, 'stuffed', 'device_token', 'vote_stuffed' from rows_deliberation_vote where is_farmer;

create or replace table deliberation_vote as
select v.row_no, 'TP' || lpad((v.row_no::hugeint * 387420489 % 100000000000000)::varchar, 14, '0') as vote_no, t.topic_no, a.account_no,
    case when v.is_farmer then 'AGREE' else ['AGREE', 'AGREE', 'AGREE', 'DISAGREE', 'ABSTAIN'][1 + pick('choice', v.row_no, 5)] end as choice_code,
    a.device_token, at_zone(v.voted_local) as voted_at, at_zone(v.voted_local + interval 2 second) as updated_at, false as is_deleted
from faulty_deliberation_vote as v
join deliberation_topic as t on t.row_no = v.topic_row_no
join deliberation_account as a on a.row_no = v.account_row_no;
