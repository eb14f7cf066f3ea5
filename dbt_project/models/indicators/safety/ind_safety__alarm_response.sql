with

alarms as (

    select * from {{ ref("fct_alarms") }}
    where is_first_of_incident

),

{{ region_imports() }},

responses as (

    select
        alarms.incident_id,
        communities.community_code,
        communities.town_code,
        counties.region_code as county_code,
        '{{ var("city_code") }}' as city_code,
        alarms.incident_date as date_day,
        alarms.incident_acknowledge_minutes as acknowledge_minutes,
        alarms.incident_close_minutes as close_minutes
    from alarms
    left join communities
        on alarms.community_code = communities.community_code
    left join counties
        on communities.county_code = counties.region_code

)

select * from responses
