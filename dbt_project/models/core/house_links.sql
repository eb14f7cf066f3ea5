with

named as (

    select * from {{ ref("int_houses_named") }}

),

matched as (

    select * from {{ ref("int_addresses_matched") }}

),

houses as (

    select
        dim_houses.house_id,
        dim_houses.house_code,
        dim_houses.building_code,
        addressed.place_id
    from {{ ref("dim_houses") }} as dim_houses
    left join {{ ref("int_houses_addressed") }} as addressed
        on dim_houses.house_code = addressed.house_code

),

assignments as (

    select * from {{ source("identity", "person_assignments") }}

),

withheld as (

    select * from {{ ref("person_sources") }}
    where not gives_values

),

told as (

    select
        named.source_system,
        named.source_table,
        named.source_record_id,
        by_code.house_id as code_house_id,
        by_address.house_id as address_house_id,
        matched.match_rule as address_rule,
        matched.match_score as address_score,
        case
            when named.is_address_of_person and matched.unmatched_reason in ('NOT_TO_THE_ROOM', 'AMBIGUOUS')
                then matched.place_id
        end as place_id,
        matched.building_code
    from named
    left join matched
        on named.address_key = matched.address_key
    left join houses as by_code
        on named.written_house_code = by_code.house_code
    left join houses as by_address
        on matched.house_code = by_address.house_code

),

-- A code is the register's own; an address that means another house only takes certainty from it.
by_record as (

    select
        source_system,
        source_table,
        source_record_id,
        coalesce(code_house_id, address_house_id) as house_id,
        case
            when code_house_id = address_house_id then 'CODE AND ADDRESS'
            when code_house_id is not null then 'CODE'
            else address_rule
        end as match_rule,
        case
            when code_house_id = address_house_id then 1.0
            when code_house_id is not null and address_house_id is not null then 0.8
            when code_house_id is not null then 0.95
            else address_score
        end as match_score
    from told
    where code_house_id is not null or address_house_id is not null

),

-- The one house of an estate in which other records of a person have it.
homes as (

    select
        assignments.person_id,
        houses.place_id,
        min(houses.house_id) as house_id,
        min(houses.building_code) as building_code
    from by_record
    inner join assignments
        on
            by_record.source_system = assignments.source_system
            and by_record.source_table = assignments.source_table
            and by_record.source_record_id = assignments.source_record_id
    inner join houses
        on by_record.house_id = houses.house_id
    group by assignments.person_id, houses.place_id
    having count(distinct houses.house_id) = 1

),

-- A person's address that ends at the estate or the building means the house there that the person is known to have.
by_person as (

    select
        told.source_system,
        told.source_table,
        told.source_record_id,
        homes.house_id,
        'PERSON' as match_rule,
        0.9 as match_score
    from told
    inner join assignments
        on
            told.source_system = assignments.source_system
            and told.source_table = assignments.source_table
            and told.source_record_id = assignments.source_record_id
    inner join homes
        on
            assignments.person_id = homes.person_id
            and told.place_id = homes.place_id
    where
        told.code_house_id is null
        and told.address_house_id is null
        and (told.building_code is null or told.building_code = homes.building_code)

),

links as (

    select * from by_record
    union all
    select * from by_person

)

-- That a house has a record of health, relief or the party is itself not for everybody: such records say where a
-- person has a house, and are not listed.
select
    links.source_system,
    links.source_table,
    links.source_record_id,
    links.house_id,
    links.match_rule,
    'ROOM' as match_level,
    links.match_score
from links
left join withheld
    on
        links.source_system = withheld.source_system
        and links.source_table = withheld.source_table
where withheld.source_table is null
