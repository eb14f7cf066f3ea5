create or replace table rows_broadband_emergency_communication as
with held as (
    select c.community_no * 4 + means - 1 as means_place, means, c.community_code, c.county_code
    from communities as c, range(1, 5) as t(means)
    where u('means', c.community_no * 4 + means - 1) < [1.0, 0.4, 0.7, 0.1][means]
),
quarters as (
    select place::bigint as place, (date_trunc('quarter', date '{today}') + to_months(2 - 3 * place::int))::date as quarter_end
    from range(2) as t(place)
)
select means_place * 2 + q.place as row_no, h.*, q.quarter_end,
    case when u('test result', means_place * 2 + q.place) < 0.88 then '1' when u('test result', means_place * 2 + q.place) < 0.95 then '2'
        else '3' end as result_code
from held as h cross join quarters as q;
