create or replace table owners as
with heads as (
    select row_number() over (order by person_no) - 1 as place, person_no from persons
    where role = 'head' and presence = 'resident' and origin in ('local', 'other county')
),
lived as (
    select house_id, max(person_no) filter (role = 'head' and origin in ('local', 'other county')) as head_no
    from persons where house_id is not null group by house_id
),
chosen as (
    select h.house_id, l.house_id is not null as is_lived_in,
        case when not h.is_rented then l.head_no end as owner_no,
        pick('owner', h.house_id, (select count(*) from heads)) as place
    from houses as h left join lived as l using (house_id)
)
select c.house_id, c.is_lived_in, coalesce(c.owner_no, h.person_no) as owner_no
from chosen as c join heads as h using (place);

create or replace table neighbours as
select community_code,
    coalesce(lead(community_code) over town, lag(community_code) over town,
        lead(community_code) over county, lag(community_code) over county) as neighbour_code
from communities
window town as (partition by town_code order by community_code),
    county as (partition by county_code order by community_code);

create or replace table rows_house as
select h.house_id as row_no, h.house_id as home_house_id, h.*, o.is_lived_in, o.owner_no,
    n.neighbour_code, p.id_number, p.name, p.former_name, p.sex_code, p.birth_date, p.phone, p.old_phone,
    k.id_number as kin_id_number, r.phone as relative_phone
from houses as h
join owners as o using (house_id)
join neighbours as n using (community_code)
join persons as p on p.person_no = o.owner_no
left join persons as k on k.person_no = p.kin_no and k.id_type_code = '111'
left join persons as r on r.person_no = p.relative_no;
