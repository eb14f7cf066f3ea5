create or replace table true_accounts as
with heads as (
    select p.household_no, p.person_no, h.is_urban, h.community_no, p.age_years
    from persons as p join households as h using (household_no)
    where p.role = 'head' and p.presence = 'resident'
)
select *, household_no * 2 as row_no, 0 as copy_no from heads
where u('cable', household_no) < case when is_urban then 0.62 else 0.45 end;

create or replace table copies_family_tv_household_sub as
select household_no from true_accounts order by u('second account', household_no), household_no
limit (select ceil(count(*) * {share})::bigint from true_accounts);

create or replace table base_family_tv_household_sub as
with stacked as (
    select * from true_accounts
    union all by name
    select a.* exclude (row_no, copy_no), row_no + 1 as row_no, 1 as copy_no
    from true_accounts as a join copies_family_tv_household_sub using (household_no)
)
select s.row_no, s.copy_no, s.household_no, s.person_no, s.is_urban, c.community_code as account_community_code,
    'TV' || lpad(s.row_no::varchar, 10, '0') as account_no,
    p.relative_no,
    u('two way', s.row_no) < case when s.is_urban then 0.72 else 0.38 end as is_bidirectional,
    u('phone bound', s.row_no) < case when s.age_years < 60 then 0.45 else 0.15 end as is_phone_bound,
    date '{today}' - (60 + pick('opened', s.row_no, 5000))::int as opened_on,
    date '{today}' - (1 + pick('bound on', s.row_no, 59))::int as phone_bound_on,
    case when u('account state', s.row_no) < 0.9 then '1' when u('account state', s.row_no) < 0.96 then '2' else '3' end as status_code
from stacked as s
join communities as c using (community_no)
join persons as p on p.person_no = s.person_no;
