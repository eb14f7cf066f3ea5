insert into plan_deliberation_comment
select row_no, 'copy', 'content', 'comment_repeated' from rows_deliberation_comment where is_copy;

create or replace table deliberation_comment as
select c.row_no, 'PL' || lpad((c.row_no::hugeint * 387420489 % 100000000000000)::varchar, 14, '0') as comment_no, t.topic_no, a.account_no,
    case when spam_fault is not null
        then ['低息贷款加微信xx' || pick('advert', c.row_no, 900), '兼职刷单日结www.xx' || pick('advert', c.row_no, 900) || '.cc',
            '代开发票电联' || pick('advert', c.row_no, 900)][1 + pick('advert kind', c.row_no, 3)]
        else ['支持，早该办了', '费用能不能再谈谈', '建议先征求一楼意见', '不同意，影响采光', '同意，盼着早点动工', '希望公开预算', '请物业一起来谈'][
            1 + pick('said', c.row_no - c.is_copy::int, 7)] || ['。', '！', '，谢谢', ''][1 + pick('ended', c.row_no - c.is_copy::int, 4)] end as content,
    at_zone(c.posted_local) as posted_at, at_zone(c.posted_local + interval 2 second) as updated_at,
    spam_fault is not null and u('comment deleted', c.row_no) < 0.15 as is_deleted
from faulty_deliberation_comment as c
join deliberation_topic as t on t.row_no = c.topic_row_no
join deliberation_account as a on a.row_no = c.account_row_no;
