{#- A minor's values are in the schema `sensitive`; only the existence of the registration is visible
   here. -#}
with

versions as (

    select * from {{ ref("person_registration_versions") }}

)

select
    source_table,
    registration_no,
    {{ unless_minor("id_number") }} as id_number,
    id_number_status,
    {{ unless_minor("name") }} as name,
    {{ unless_minor("sex_code") }} as sex_code,
    {{ unless_minor("birth_date") }} as birth_date,
    {{ unless_minor("phone") }} as phone,
    residence_house_code,
    community_code,
    grid_code,
    status_code,
    version_number,
    valid_from,
    valid_to,
    is_current,
    is_minor,
    known_from,
    known_to
from versions
