create or replace table base_civil_affairs_worker as
with copies as (
    select worker_no from workers where left_on is null order by u('listed twice', worker_no), worker_no
    limit (select ceil(count(*) * {copies})::bigint from workers)
),
certified as (
    select worker_no, 'SG34' || lpad((worker_no * 7919 % 10000000)::varchar, 7, '0') as certificate_no,
        row_number() over (order by joined_on, worker_no) as certified_place
    from workers where has_certificate
),
paired as (
    select *, lag(certificate_no) over (order by certified_place) as earlier_certificate_no from certified
),
stacked as (
    select *, false as is_copy, worker_no * 2 as row_no from workers
    union all
    select * replace (
            date '{today}' - (1 + pick('joined again', worker_no, 15))::int as joined_on, null as grid_code,
            case role_code when 'GRID' then 'COMMUNITY' else role_code end as role_code
        ), true, worker_no * 2 + 1
    from workers join copies using (worker_no)
)
select s.row_no, s.worker_no, s.is_copy, s.person_no, p.relative_no, s.role_code as true_role_code, s.joined_on, s.left_on,
    case when s.is_copy then n.next_community_code else s.community_code end as work_community_code, s.grid_code as work_grid_code,
    case when not s.is_copy then c.certificate_no end as certificate_no,
    case when not s.is_copy and c.certified_place % 2 = 0 then c.earlier_certificate_no end as earlier_certificate_no
from stacked as s
join persons as p using (person_no)
join next_communities as n on n.community_code = s.community_code
left join paired as c using (worker_no);
