with

cases as (

    select * from {{ ref("stg_affairs__cases") }}
    where not is_deleted

),

items as (

    select * from {{ ref("stg_affairs__items") }}

),

steps as (

    select * from {{ ref("stg_affairs__case_steps") }}
    where not is_deleted

),

visits as (

    select * from {{ ref("stg_affairs__visits") }}
    where not is_deleted

),

ratings as (

    select * from {{ ref("stg_affairs__ratings") }}
    where not is_deleted

),

applicants as (

    select * from {{ ref("person_links") }}
    where source_system = 'affairs' and source_table = 'case'

),

reports as (

    select * from {{ ref("fct_event_reports") }}
    where source_table = 'case'

),

dates as (

    select * from {{ ref("dim_dates") }}

),

working_days as (

    select * from {{ ref("dim_dates") }}
    where is_working_day

),

followed_steps as (

    select
        *,
        lead(started_at) over (
            partition by case_source_record_id order by started_at nulls last, step_id
        ) as next_started_at
    from steps

),

-- The clock is paused while the applicant completes papers (补正) or a special procedure runs. A
-- pause without a recorded end lasts until the next step begins, or else until today.
pauses as (

    select
        case_source_record_id,
        {{ local_date("started_at") }} as started_date,
        coalesce({{ local_date("coalesce(finished_at, next_started_at)") }}, {{ as_of_date() }}) as finished_date,
        finished_at is null and next_started_at is null as is_open
    from followed_steps
    where step_code in ('SUPPLEMENT', 'SPECIAL') and started_at is not null

),

-- Counted as distinct working days, so that overlapping pauses are not counted twice.
paused as (

    select
        pauses.case_source_record_id,
        count(distinct working_days.date_day) as paused_working_days,
        {{ dbt.bool_or("pauses.is_open") }} as has_open_pause
    from pauses
    left join working_days
        on working_days.date_day > pauses.started_date and working_days.date_day <= pauses.finished_date
    group by pauses.case_source_record_id

),

step_summary as (

    select
        case_source_record_id,
        sum(case when step_code = 'REOPEN' then 1 else 0 end) as reopened_count,
        max(case when step_code = 'REOPEN' then started_at end) as last_reopened_at,
        max(case when step_code = 'CLOSE' then coalesce(finished_at, started_at) end) as last_close_step_at,
        min(case when step_code = 'ACCEPT' then coalesce(started_at, finished_at) end) as accept_step_at,
        min(case when step_code = 'ASSIGN' then coalesce(started_at, finished_at) end) as assigned_at,
        sum(case when step_code = 'SUPPLEMENT' then 1 else 0 end) as supplement_count
    from steps
    group by case_source_record_id

),

visit_summary as (

    select
        case_source_record_id,
        count(distinct visited_date) as on_site_visit_days,
        count(*) as visit_count
    from visits
    group by case_source_record_id

),

rating_ranked as (

    select
        *,
        row_number() over (partition by case_source_record_id order by rated_at desc nulls last, rating_id desc)
            as rating_rank
    from ratings

),

timed as (

    select
        cases.*,
        coalesce(cases.accepted_at, step_summary.accept_step_at) as known_accepted_at,
        cases.status_code = 'CLOSED'
        and (
            step_summary.last_reopened_at is null
            or coalesce(
                greatest(cases.closed_at, step_summary.last_close_step_at) >= step_summary.last_reopened_at, false
            )
        ) as is_closed,
        greatest(cases.closed_at, step_summary.last_close_step_at) as known_closed_at,
        coalesce(step_summary.reopened_count, 0) as reopened_count,
        step_summary.last_reopened_at,
        step_summary.assigned_at,
        coalesce(step_summary.supplement_count, 0) as supplement_count,
        coalesce(paused.has_open_pause, false) as has_open_pause,
        coalesce(paused.paused_working_days, 0) as paused_working_days
    from cases
    left join step_summary
        on cases._source_record_id = step_summary.case_source_record_id
    left join paused
        on cases._source_record_id = paused.case_source_record_id

),

-- Due date: the one promised by the source, else the item's time limit from acceptance; extended by
-- the pauses.
promised as (

    select
        timed.*,
        items.item_name,
        items.department_code,
        items.time_limit_working_days,
        coalesce(due_dates.working_day_number, accepted_dates.working_day_number + items.time_limit_working_days)
        + timed.paused_working_days as due_working_day_number,
        {{ local_date("timed.due_at") }} as promised_date
    from timed
    left join items
        on timed.item_code = items.item_code
    left join dates as due_dates
        on {{ local_date("timed.due_at") }} = due_dates.date_day
    left join dates as accepted_dates
        on {{ local_date("timed.known_accepted_at") }} = accepted_dates.date_day

),

due as (

    select
        promised.*,
        case
            when promised.paused_working_days = 0 and promised.promised_date is not null then promised.promised_date
            else working_days.date_day
        end as due_date
    from promised
    left join working_days
        on promised.due_working_day_number = working_days.working_day_number

),

final as (

    select
        {{ surrogate_id("C", "due._source_record_id") }} as case_id,
        due._source_record_id as case_id_affairs,
        due.county_code,
        due.case_no,
        due.case_type_code,
        due.item_code,
        due.item_name,
        due.department_code,
        due.incident_kind_code,
        due.channel_code,
        due.community_code,
        due.grid_code,
        applicants.person_id as applicant_person_id,
        due.status_code,
        due.reported_at,
        {{ local_date("due.reported_at") }} as reported_date,
        due.known_accepted_at as accepted_at,
        {{ local_date("due.known_accepted_at") }} as accepted_date,
        due.assigned_at,
        due.due_at as promised_due_at,
        due.due_date,
        due.paused_working_days,
        case when due.is_closed then due.known_closed_at end as closed_at,
        case when due.is_closed then {{ local_date("due.known_closed_at") }} end as closed_date,
        due.supplement_count,
        due.reopened_count,
        due.last_reopened_at,
        coalesce(visit_summary.on_site_visit_days, 0) as on_site_visit_days,
        coalesce(visit_summary.visit_count, 0) as visit_count,
        rating_ranked.score as rating_score,
        reports.event_id,
        due.is_test,
        due.status_code = 'WITHDRAWN' as is_withdrawn,
        due.status_code = 'REJECTED' as is_rejected,
        not due.is_test and due.status_code not in ('WITHDRAWN', 'REJECTED') as is_counted,
        due.is_closed,
        not due.is_closed and due.has_open_pause as is_paused,
        due.reopened_count > 0 as is_reopened,
        coalesce(reports.is_told_again, false) as is_duplicate,
        due.due_date is not null and (not due.is_closed or due.known_closed_at is not null) as is_due_measurable,
        due.is_closed and coalesce({{ local_date("due.known_closed_at") }} <= due.due_date, false) as is_on_time
    from due
    left join visit_summary
        on due._source_record_id = visit_summary.case_source_record_id
    left join rating_ranked
        on due._source_record_id = rating_ranked.case_source_record_id and rating_ranked.rating_rank = 1
    left join applicants
        on due._source_record_id = applicants.source_record_id
    left join reports
        on due._source_record_id = reports.source_record_id

)

select * from final
