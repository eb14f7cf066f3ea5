with

persons as (

    select * from {{ ref("dim_persons") }}
    where is_resident and age_years >= 80

),

households as (

    select * from {{ ref("dim_households") }}
    where is_single_person

),

houses as (

    select * from {{ ref("dim_houses") }}

),

communities as (

    select * from {{ ref("dim_communities") }}

),

-- Who else lived in the house, and until when: living alone begins with the last departure.
departures as (

    select
        house_id,
        max(valid_to) as last_departure_date
    from {{ ref("bridge_persons_houses") }}
    where relation_code = 'RESIDENT' and not is_current
    group by house_id

),

final as (

    select
        persons.person_id,
        persons.id_number,
        persons.name,
        persons.sex_code,
        persons.birth_date,
        persons.age_years,
        persons.phone,
        communities.county_code,
        communities.town_code,
        communities.community_code,
        persons.grid_code,
        houses.house_code,
        houses.address,
        greatest(persons.resident_since_date, departures.last_departure_date) as living_alone_since,
        persons.last_verified_at,
        {{ as_of_date() }} as as_of
    from persons
    inner join households
        on persons.household_id = households.household_id
    inner join houses
        on households.house_id = houses.house_id
    inner join communities
        on houses.community_code = communities.community_code
    left join departures
        on houses.house_id = departures.house_id

)

select * from final
