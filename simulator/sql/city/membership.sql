create or replace table persons as
select h.household_no * 16 + m.slot as person_no, h.*, m.slot, m.role,
    case when h.origin = 'visitor' then 'outsider' when m.role = 'away' then 'away' when m.role like 'late %' then 'dead'
        when m.role = 'left' then 'left' else 'resident' end as presence
from households as h join members as m using (shape)
where u('member ' || m.slot, h.household_no) < m.chance
    and (m.role <> 'twin' or h.has_twins)
    and (m.role not in ('away', 'left', 'late spouse', 'late parent') or h.origin = 'local');
