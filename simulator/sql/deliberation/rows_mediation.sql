create or replace table rows_deliberation_mediation as
with asking as (
    select i.incident_no as row_no, i.incident_id, i.community_code, i.county_code,
        i.occurred_local + interval (7200 + pick('asked', i.incident_no, 86400 * 4)) second as requested_local,
        pick('applicant', i.incident_no, (select count(*) from deliberation_account)) as account_place
    from incidents as i where i.kind_code = 'DISPUTE' and i.alarm_no is null and u('mediated', i.incident_no) < 0.7
),
accounts as (
    select row_no as account_row_no, account_no, person_no, row_number() over (order by row_no) - 1 as account_place from deliberation_account
),
placed as (
    select a.* exclude (account_place), c.account_no, c.person_no,
        requested_local + interval (86400 + (86400 * 20 * pow(u('concluded', a.row_no), 1.5))::bigint) second as concluding_local
    from asking as a join accounts as c using (account_place)
    where requested_local < timestamp '{today}' + interval 20 hour
)
select m.* exclude (concluding_local), p.name, p.former_name, p.sex_code, p.birth_date, p.id_number, p.phone, p.old_phone,
    null::varchar as kin_id_number, r.phone as relative_phone,
    case when concluding_local < timestamp '{today}' + interval 20 hour then concluding_local end as concluded_local,
    case when concluding_local < timestamp '{today}' + interval 20 hour then case when u('settled', m.row_no) < 0.72 then 'SUCCESS'
        when u('settled', m.row_no) < 0.94 then 'FAILED' else 'WITHDRAWN' end end as true_result_code
from placed as m join persons as p using (person_no) left join persons as r on r.person_no = p.relative_no;
