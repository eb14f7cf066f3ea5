with

reports as (

    select * from {{ ref("fct_event_reports") }}
    where person_id is not null

),

named as (

    select
        person_id,
        event_id,
        person_role_code,
        count(*) as report_count,
        min(reported_at) as first_reported_at,
        max(reported_at) as last_reported_at
    from reports
    group by person_id, event_id, person_role_code

)

select * from named
