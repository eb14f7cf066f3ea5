with

minors as (

    select * from {{ ref("dim_persons") }}
    where is_minor

),

records as (

    select records.*
    from {{ ref("person_records") }} as records
    inner join minors
        on records.person_id = minors.person_id

),

golden as (

    {{ golden_persons("records") }}

),

households as (

    select * from {{ ref("dim_households") }}

)

select
    golden.person_id,
    golden.name,
    golden.name_source,
    golden.id_type_code,
    golden.id_number,
    golden.id_number_source,
    golden.sex_code,
    golden.birth_date,
    golden.birth_date_source,
    {{ full_years("golden.birth_date", as_of_date()) }} as age_years,
    golden.phone,
    golden.hukou_no,
    minors.household_id,
    minors.community_code,
    minors.grid_code,
    -- The household's head, unless that is the child.
    nullif(households.head_person_id, golden.person_id) as household_head_person_id,
    minors.is_resident,
    minors.is_deceased
from golden
inner join minors
    on golden.person_id = minors.person_id
left join households
    on minors.household_id = households.household_id
