create or replace table houses as
with placed as (
    select c.community_no, c.community_code, c.longitude as c_longitude, c.latitude as c_latitude, c.houses,
        unnest(range(c.houses))::int as house_place,
        sum(c.houses) over (order by c.community_no) - c.houses as before
    from communities as c
),
situated as (
    select p.*, e.estate_no, e.kind, e.units, e.floors, e.rooms, p.house_place - e.first_house as k
    from placed as p join estates as e
        on e.community_no = p.community_no and p.house_place >= e.first_house and p.house_place < e.next_house
)
select (before + house_place + 1)::bigint as house_id, community_no, community_code, house_place, estate_no, kind,
    (k // (units * floors * rooms))::int as estate_building,
    case when kind = 'village' then 0 else 1 + (k // rooms) % units end::int as unit_no,
    (1 + (k // (rooms * units)) % floors)::int as floor_no,
    (1 + k % rooms)::int as room_on_floor,
    c_longitude, c_latitude
from situated;
