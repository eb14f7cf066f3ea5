create or replace table base_property_unit as
with heads as (
    select person_no, row_number() over (order by person_no) - 1 as place from persons
    where role = 'head' and presence = 'resident' and origin in ('local', 'other county')
),
lived as (
    select house_id, max(person_no) filter (role = 'head' and origin in ('local', 'other county')) as head_no
    from persons where house_id is not null group by house_id
),
dwellings as (
    select h.house_id, h.estate_no as true_estate_no, h.estate_building, h.unit_no, h.floor_no, h.room_on_floor, h.room_label, h.house_code,
        h.area_square_meters, h.is_rented, l.head_no,
        case when l.house_id is null then 'VACANT' when h.is_rented or l.head_no is null then 'RENTED' else 'OWNER' end as occupancy_code
    from houses as h left join lived as l using (house_id)
    where h.kind in ('walkup', 'tower')
),
drawn as (
    select *, pick('unit owner', house_id, (select count(*) from heads)) as place from dwellings
),
owned as (
    select d.* exclude (head_no, place), coalesce(case when occupancy_code = 'OWNER' then head_no end, h.person_no) as person_no
    from drawn as d join heads as h using (place)
),
twice as (
    select house_id from owned order by u('unit twice', house_id), house_id
    limit (select ceil(count(*) * {copies})::bigint from owned)
),
registered as (
    select *, 0 as copy_no from owned
    union all
    select o.*, 1 from owned as o semi join twice using (house_id)
)
select r.house_id * 2 + copy_no as row_no, r.*, p.relative_no from registered as r join persons as p using (person_no);
