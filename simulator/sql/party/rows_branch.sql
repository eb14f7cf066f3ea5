create or replace table rows_party_branch as
with committees as (
    select community_no, org_no, credit_code from organizations where kind_code = 'committee'
),
neighbourhoods as (
    select community_no, unnest(range(1 + households // 400))::int as place from communities
),
stacked as (
    select n.community_no, n.place, case when c.is_urban then 'COMMUNITY' else 'VILLAGE' end as type_code,
        c.community_label || case when n.place = 0 then '第一' else '第' || numeral(n.place + 1) end || '党支部' as branch_name,
        o.org_no, o.credit_code, false as is_merged
    from neighbourhoods as n join communities as c using (community_no) join committees as o using (community_no)
    union all
    select community_no, 100 + org_no, case when kind_code = 'institution' then 'AGENCY' else 'NEW' end,
        name || '党支部', org_no, credit_code, false
    from organizations
    where cancelled_on is null
        and ((kind_code = 'institution' and u('agency branch', org_no) < 0.6)
            or (kind_code = 'enterprise' and employees >= 40 and u('company branch', org_no) < 0.5))
    union all
    select n.community_no, 50, case when c.is_urban then 'COMMUNITY' else 'VILLAGE' end,
        c.community_label || '老党支部', o.org_no, o.credit_code, true
    from neighbourhoods as n join communities as c using (community_no) join committees as o using (community_no)
    where n.place = 0 and u('former branch', n.community_no) < 0.4
),
numbered as (
    select *, row_number() over (order by community_no, place)::bigint as row_no from stacked
)
select b.*, c.community_code, c.county_code, 'DZ' || lpad(b.row_no::varchar, 8, '0') as branch_no,
    case when is_merged then 'DZ' || lpad(heir.row_no::varchar, 8, '0') end as merged_into_branch_no,
    'DZ' || lpad(former.row_no::varchar, 8, '0') as former_branch_no,
    date '1995-07-01' + pick('branch founded', b.row_no, 9000)::int as founded_on,
    1 + pick('party groups', b.row_no, 4) as group_count
from numbered as b join communities as c using (community_no)
left join (select community_no, row_no from numbered where place = 0) as heir on heir.community_no = b.community_no and b.is_merged
left join (select community_no, row_no from numbered where is_merged) as former
    on former.community_no = b.community_no and b.place = 0;
