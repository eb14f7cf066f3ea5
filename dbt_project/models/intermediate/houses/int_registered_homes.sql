{{ config(materialized=kept_as("ephemeral")) }}

{#- The house of each registration's home address, which the register writes exactly as the address
   register does. -#}
with

registrations as (

    select * from {{ ref("stg_population__hj_persons") }}

),

houses as (

    select
        full_address,
        min(house_code) as house_code
    from {{ ref("int_houses_addressed") }}
    group by full_address
    having count(*) = 1

)

select
    registrations._source_record_id as source_record_id,
    houses.house_code
from registrations
inner join houses
    on registrations.hukou_address = houses.full_address
