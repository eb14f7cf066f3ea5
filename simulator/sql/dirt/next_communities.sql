create or replace table next_communities as
select community_code, coalesce(lead(community_code) over county, lag(community_code) over county) as next_community_code
from communities
window county as (partition by county_code order by community_code);
