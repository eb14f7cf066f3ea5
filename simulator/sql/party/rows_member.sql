create or replace table true_members as
with branches as (
    select community_no, row_no as branch_row_no, branch_no, former_branch_no,
        row_number() over (partition by community_no order by row_no) - 1 as branch_place,
        count(*) over (partition by community_no) as branches
    from rows_party_branch where not is_merged
),
believers as (
    select * from persons
    where presence in ('resident', 'away') and id_type_code = '111' and birth_date <= date '{today}' - 19 * 366
        and u('party member', person_no) < case when presence = 'away' then 0.11 when age_years < 28 then 0.03
            when age_years < 60 then 0.075 else 0.105 end
)
select p.*, b.branch_row_no, b.branch_no, b.former_branch_no
from believers as p
join branches as b on b.community_no = p.community_no and b.branch_place = pick('own branch', p.person_no, b.branches);

create or replace table copies_party_member as
select person_no from true_members order by u('copy member', person_no), person_no
limit (select ceil(count(*) * {share})::bigint from true_members);

create or replace table base_party_member as
with elsewhere as (
    select branch_no, coalesce(lead(branch_no) over (order by branch_no), min(branch_no) over ()) as next_branch_no
    from rows_party_branch where not is_merged
),
stacked as (
    select *, 0 as copy_no from true_members
    union all by name
    select m.* exclude (branch_no, former_branch_no), e.next_branch_no as branch_no, 1 as copy_no
    from true_members as m join copies_party_member using (person_no) join elsewhere as e on e.branch_no = m.branch_no
)
select s.person_no * 2 + s.copy_no as row_no, s.person_no, s.copy_no, s.presence, s.branch_no, s.former_branch_no,
    s.relative_no,
    least(s.birth_date + (6600 + pick('joined party', s.person_no, 6000))::int, date '{today}' - 30) as joined_on,
    case when u('studies', s.person_no) < 0.72 then date '{today}' - pick('studied', s.person_no, 30)::int
        when u('studies', s.person_no) < 0.9 then date '{today}' - (31 + pick('studied', s.person_no, 200))::int end as last_studied_on
from stacked as s;
