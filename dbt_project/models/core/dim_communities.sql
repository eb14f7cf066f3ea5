{{ config(
    materialized=kept_as("incremental"),
    incremental_strategy="differences",
    on_schema_change="sync_all_columns",
    unique_key="community_code",
) }}

with

divisions as (

    select * from {{ ref("divisions") }}

)

select
    community_code,
    community_name,
    town_code,
    town_name,
    county_code,
    county_name,
    '{{ var("city_code") }}' as city_code,
    '{{ var("city_name") }}' as city_name,
    -- The division codes' own urban/rural column is not public: a residents' committee (居委会) counts
    -- as urban, a villagers' committee (村委会) as rural.
    {{ regex_matches("community_name", "村(委会|民委员会)$") }} as is_rural,
    not {{ regex_matches("community_name", "村(委会|民委员会)$") }} as is_urban
from divisions
