create or replace table civil_affairs_months as
select unnest(range(date_trunc('month', date '{today}') - interval 5 month, date '{today}', interval 1 month))::date as month_day;

create or replace table civil_affairs_recipients as
with bounds as (
    select min(month_day) as first_month, max(month_day) as last_month from civil_affairs_months
),
entitled as (
    select person_no, case when is_urban then '11' else '12' end as benefit_type_code
    from persons
    where role = 'head' and presence = 'resident' and origin = 'local' and shape <> 'elderly single'
        and u('subsistence', household_no) < case when is_urban then 0.03 else 0.06 end
    union all
    select person_no, case when u('in a home', person_no) < 0.2 then '22' else '21' end
    from persons
    where presence = 'resident' and origin = 'local' and shape = 'elderly single' and age_years >= 60
        and u('destitute', household_no) < 0.12
    union all
    select person_no, '31' from persons, bounds
    where id_type_code = '111' and u('allowance', person_no) < 0.93
        and (presence = 'resident' and birth_date <= last_month - interval 80 year
            or death_date < first_month and birth_date <= death_date - interval 80 year)
),
copied as (
    select person_no, benefit_type_code from entitled join persons using (person_no), bounds
    where presence = 'resident' and (benefit_type_code <> '31' or birth_date <= first_month - interval 80 year)
    order by u('paid twice', person_no), person_no, benefit_type_code
    limit (select ceil(count(*) * {copies})::bigint from entitled)
),
stacked as (
    select *, false as is_copy from entitled
    union all
    select *, true from copied
)
select row_number() over (order by is_copy, benefit_type_code, person_no) as recipient_no, * from stacked;

create or replace table base_civil_affairs_benefit as
with sizes as (
    select household_no, count(*) as residents from persons where presence = 'resident' group by household_no
),
monthly as (
    select r.*, m.month_day, r.recipient_no * 16 + month(m.month_day) as row_no, p.relative_no, p.community_no,
        p.presence = 'dead' as is_dead, case when r.benefit_type_code in ('11', '12') then coalesce(s.residents, 1) else 1 end
            as household_size,
        date_diff('year', p.birth_date, m.month_day)
            - (strftime(p.birth_date, '%m%d') > strftime(m.month_day, '%m%d'))::int as age_then
    from civil_affairs_recipients as r
    cross join civil_affairs_months as m
    join persons as p using (person_no)
    left join sizes as s using (household_no)
)
select row_no, person_no, relative_no, recipient_no, is_copy, benefit_type_code as true_type_code, month_day, household_size,
    age_then, is_dead,
    case when is_dead or u('benefit status', row_no) < 0.02 then '2' when u('benefit status', row_no) < 0.03 then '3' else '1' end
        as true_status_code,
    case when benefit_type_code in ('11', '12') then household_size * (380 + pick('supplement', recipient_no, 400))
        when benefit_type_code = '21' then 1020 when benefit_type_code = '22' then 1360 end as other_amount,
    14 + pick('paid on', community_no * 16 + month(month_day), 10)::int as paid_day
from monthly
where benefit_type_code <> '31' or age_then >= 80;
