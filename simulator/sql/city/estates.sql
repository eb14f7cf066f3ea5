create or replace table estates as
with counted as (
    select *, greatest(1, round(houses / case when is_urban then 260.0 else 70.0 end))::int as estates
    from communities
),
numbered as (
    select *, unnest(range(estates))::int as estate_place from counted
),
typed as (
    select *, community_no * 1000 + estate_place as estate_no,
        case when not is_urban then 'village'
            when u('estate kind', community_no * 1000 + estate_place) < 0.2 then 'street'
            when u('estate kind', community_no * 1000 + estate_place) < 0.65 then 'walkup'
            else 'tower' end as kind,
        (houses * estate_place) // estates as first_house,
        (houses * (estate_place + 1)) // estates as next_house
    from numbered
)
select estate_no, community_no, kind, first_house, next_house,
    case kind when 'village' then draw('hamlet_first', 'hamlet', estate_no) || draw('hamlet_name', 'hamlet', community_no * 77 + estate_place) || '组'
        when 'street' then null
        else draw('estate_first', 'estate', community_no * 31 + estate_place)
            || draw('estate_last', 'estate last', estate_no) end as estate_name,
    case when kind in ('walkup', 'tower') then
        draw('estate_first', 'estate old', estate_no) || draw('estate_old', 'estate old', estate_no) end as estate_alias,
    case when kind <> 'village' then draw('roads', 'road', community_no * 7 + estate_place % 3) end as road,
    case when kind <> 'village' then (1 + pick('plate', estate_no, 380)) || '号' end as door_plate,
    case kind when 'walkup' then 3 + pick('units', estate_no, 3) when 'tower' then 1 + pick('units', estate_no, 2)
        when 'street' then 2 else 1 end as units,
    case kind when 'walkup' then 6 when 'tower' then 11 + 7 * pick('floors', estate_no, 2)
        when 'street' then 5 else 1 end as floors,
    case kind when 'tower' then 4 when 'village' then 1 else 2 end as rooms
from typed;
