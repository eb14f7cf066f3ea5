with

records as (

    select * from {{ ref("person_records") }}

)

select
    source_system,
    source_table,
    source_record_id,
    person_id
from records
