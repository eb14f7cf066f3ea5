create or replace table rows_pilots_pilot_community as
select row_number() over (order by u('pilot', community_code), community_code) as row_no, community_code, town_code, county_name,
    community_name as true_community_name,
    lead(community_name) over (order by community_code) as other_community_name
from communities
qualify row_no <= 8;
