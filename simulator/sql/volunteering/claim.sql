insert into plan_volunteering_claim
select row_no, 'copy', 'project_no', 'project_claimed_twice' from rows_volunteering_claim where is_copy;

create or replace table volunteering_claim as
with teams as (
    select community_no, min(team_no) as team_no from volunteering_team join rows_volunteering_team using (row_no) group by community_no
)
select c.row_no, 'RL' || lpad(c.row_no::varchar, 9, '0') as claim_no, p.project_no, t.team_no, at_zone(c.claimed_local) as claimed_at,
    at_zone(case when order_fault is null then c.completed_local
        else c.claimed_local - interval (3600 + pick('completed before', c.row_no, 90000)) second end) as completed_at,
    case when c.completed_local is not null then 'COMPLETED' else 'CLAIMED' end as status_code,
    case when c.completed_local is not null then 1 + pick('served', c.row_no, 40) end as beneficiaries_count,
    changed_at(coalesce(c.completed_local, c.claimed_local), 'claim', c.row_no, timestamp '{today}') as updated_at,
    false as is_deleted
from faulty_volunteering_claim as c
join volunteering_micro_project as p on p.row_no = c.project_row_no
join teams as t on t.community_no = c.community_no;
