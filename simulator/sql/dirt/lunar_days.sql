create or replace table lunar_days as
with months as (
    select *, lead(first_day) over (order by first_day) as next_day from lunar_months
),
days as (
    select lunar_year, lunar_month, first_day, unnest(range(date_diff('day', first_day, next_day))) as offset_days
    from months where next_day is not null
)
select (first_day + offset_days::int)::date as solar_day,
    lunar_year || lpad(lunar_month::varchar, 2, '0') || lpad((offset_days + 1)::varchar, 2, '0') as lunar_text
from days;
