create or replace view housed_{table} as
    select f.*, {home}, {old},
        case when address_fault = 'address_missing' then null
            when address_fault = 'address_old' then old_house_id else home_house_id end as given_house_id,
        case when address_fault = 'address_old' then old.house_code else home.house_code end as given_house_code,
        case when address_fault = 'address_old' then old.community_code else home.community_code end
            as given_community_code,
        case when address_fault = 'address_old' then old.grid_code else home.grid_code end as given_grid_code,
        h.address as hukou_house_address
    from (select * exclude (home_house_id, old_house_id), home_house_id as lives_in, old_house_id as lived_in
          from faulty_{table}) as f
    left join houses as home on home.house_id = f.lives_in
    left join houses as old on old.house_id = f.lived_in
    left join houses as h on h.house_id = f.hukou_house_id;
