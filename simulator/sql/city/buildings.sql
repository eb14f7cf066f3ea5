create or replace table buildings as
select community_no, estate_no, estate_building,
    row_number() over (partition by community_no order by first_house)::int as building_no,
    first_house
from (select community_no, estate_no, estate_building, min(house_place) as first_house
      from houses group by community_no, estate_no, estate_building);
