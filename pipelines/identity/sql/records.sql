-- Records with the house that they or their address name, and the digest by which the next run
-- detects changes. Telephones and places are compared for equality only, so a digest replaces them
-- at a third of the space.
create or replace table records as
select
    candidates.record_key,
    candidates.number,
    candidates.is_number_inferred,
    candidates.typed_number,
    candidates.name,
    candidates.former_name,
    candidates.sex,
    candidates.birth,
    candidates.birth_year,
    candidates.birth_month,
    candidates.birth_day,
    candidates.birth_days,
    digest_of(candidates.address_standard) as address_key,
    digest_of(candidates.phone) as phone,
    digest_of(coalesce(candidates.house_code, address_houses.house_code)) as house,
    digest_of(candidates.hukou_no) as hukou_no,
    digest_of(candidates.estate_key) as estate_key,
    digest_of(candidates.community_code) as community_code,
    digest_of(candidates.work_community_code) as work_community_code,
    node_of(candidates.number, candidates.record_key) as node,
    {digest} as digest
from {candidates} as candidates
left join address_houses on candidates.address_standard = address_houses.address_standard;
