with

assignments as (

    select * from {{ source("identity", "person_assignments") }}

),

withheld as (

    select * from {{ ref("person_sources") }}
    where not gives_values

)

select
    assignments.source_system,
    assignments.source_table,
    assignments.source_record_id,
    assignments.record_key,
    assignments.person_id,
    withheld.withheld_reason_code
from assignments
inner join withheld
    on assignments.source_system = withheld.source_system and assignments.source_table = withheld.source_table
