-- Records with the house that they or their address name, and their node: what the exact rule already holds together,
-- one number, or one record without. The digest tells the next run whether a record has changed.
create or replace table records as
select
    candidates.* exclude (house_code),
    coalesce(candidates.house_code, address_houses.house_code) as house,
    coalesce('number|' || candidates.number, 'record|' || candidates.record_key) as node,
    hash(coalesce('number|' || candidates.number, 'record|' || candidates.record_key)) as node_key,
    {digest} as digest
from {candidates} as candidates
left join address_houses on candidates.address_standard = address_houses.address_standard;
