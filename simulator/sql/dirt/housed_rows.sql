create or replace view housed_{name} as
select f.*, {home}, {old},
    case address_fault when 'address_missing' then null when 'address_old' then lived_in else lives_in end as given_house_id,
    case address_fault when 'address_old' then old.community_code else home.community_code end as given_community_code
from (select * exclude (home_house_id, old_house_id), home_house_id as lives_in, old_house_id as lived_in
      from faulty_{name}) as f
left join houses as home on home.house_id = f.lives_in
left join houses as old on old.house_id = f.lived_in;
