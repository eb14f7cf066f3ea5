with

versions as (

    select * from {{ ref("person_registration_versions") }}

)

select
    source_table,
    registration_no,
    id_number,
    name,
    sex_code,
    birth_date,
    phone,
    version_number,
    valid_from,
    valid_to,
    is_current,
    known_from,
    known_to
from versions
where is_minor
