with holidays as (
    select * from {{ ref("holidays") }}
),

spine as (
    {{ dbt.date_spine("day", "cast('2019-01-01' as date)", "cast('2029-01-01' as date)") }}
),

days as (
    select cast(date_day as date) as date_day
    from spine
),

classified as (
    select
        days.date_day,
        extract(year from days.date_day) as year_number,
        extract(quarter from days.date_day) as quarter_number,
        extract(month from days.date_day) as month_number,
        {{ month_start("days.date_day") }} as month_start_date,
        {{ weekday_number("days.date_day") }} as weekday_number,
        coalesce(holidays.is_working_day, {{ weekday_number("days.date_day") }} <= 5) as is_working_day,
        holidays.holiday_name,
        extract(year from days.date_day) <= {{ var("last_published_holiday_year") }} as is_calendar_published
    from days
    left join holidays on days.date_day = holidays.calendar_date
)

select
    date_day,
    year_number,
    quarter_number,
    month_number,
    month_start_date,
    weekday_number,
    is_working_day,
    holiday_name,
    is_calendar_published,
    sum(case when is_working_day then 1 else 0 end) over (
        order by date_day rows between unbounded preceding and current row
    ) as working_day_number
from classified
