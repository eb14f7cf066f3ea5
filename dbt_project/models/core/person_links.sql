with

assignments as (

    select * from {{ source("identity", "person_assignments") }}

)

select
    source_system,
    source_table,
    source_record_id,
    person_id
from assignments
