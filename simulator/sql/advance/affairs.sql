-- One day of affairs: some open cases are closed, and new ones are modelled on those of four weeks
-- earlier.
create or replace temp table ending as
select county_code, case_no, case_type_code,
    at_zone(timestamp '{today}' + interval (31500 + pick('ending', county_code || case_no, 30000)) second) as ended_at,
    row_number() over (order by county_code, case_no) as place
from "case"
where status_code in ('HANDLING', 'SUPPLEMENT') and not is_deleted and u('ends', county_code || case_no) < 0.25;

update "case" as c set status_code = 'CLOSED', closed_at = e.ended_at, updated_at = e.ended_at + interval 1 minute
from ending as e where e.county_code = c.county_code and e.case_no = c.case_no;
update case_step as s set finished_at = e.ended_at, updated_at = e.ended_at + interval 1 minute
from ending as e
where e.county_code = s.county_code and e.case_no = s.case_no and s.finished_at is null
    and s.step_code in ('HANDLE', 'SUPPLEMENT', 'SPECIAL') and s.step_id not in (
        select source_record_id from truth_dirt where table_name = 'case_step');
insert into case_step
select 'HB{day_no}-' || place, county_code, case_no, 'CLOSE', ended_at - interval 1 minute, ended_at, null,
    ended_at + interval 1 minute, false from ending;
insert into rating
select 'PB{day_no}-' || place, county_code, case_no, 3 + pick('score', case_no, 3), ended_at + interval 1 hour,
    ended_at + interval 1 hour, false from ending where u('rates', case_no) < 0.4;

create or replace temp table reached as
select substr(case_no, 5, 2) as county_part, max(substr(case_no, 7)::bigint) as last_place from "case" group by all;

create or replace temp table arriving as
select c.*, c.county_code || '|' || c.case_no as old_id,
    '2026' || substr(c.county_code, 5, 2) || lpad((r.last_place + row_number() over (
        partition by c.county_code order by c.accepted_at, c.case_no))::varchar, 7, '0') as new_case_no,
    c.accepted_at + interval 28 day as new_accepted_at,
    case when c.status_code in ('CLOSED', 'WITHDRAWN', 'REJECTED') and c.closed_at + interval 28 day < {horizon}
        then c.closed_at + interval 28 day end as new_closed_at,
    a.working_place + (d.working_place - o.working_place) as due_place
from "case" as c
join reached as r on r.county_part = substr(c.county_code, 5, 2)
left join calendar as o on o.day = c.accepted_at::date
left join calendar as a on a.day = c.accepted_at::date + 28
left join calendar as d on d.day = c.due_at::date
where c.accepted_at::date = date '{today}' - 28 and not c.is_deleted
    and not exists (select 1 from truth_dirt as t where t.table_name = 'case' and t.dirt_type = 'case_reopened'
        and t.source_record_id = c.county_code || '|' || c.case_no);

insert into "case"
select county_code, new_case_no, case_type_code, item_code, incident_kind_code, channel_code, applicant_name,
    applicant_id_number, applicant_sex_code, applicant_birth_date, applicant_phone, applicant_address, community_code,
    grid_code, longitude, latitude, subject, reported_at + interval 28 day, new_accepted_at,
    at_zone(w.day::timestamp + interval 63000 second), new_closed_at,
    case when new_closed_at is null and status_code in ('CLOSED', 'WITHDRAWN', 'REJECTED') then 'HANDLING'
        else status_code end,
    greatest(new_accepted_at, new_closed_at) + interval 30 second, false
from arriving left join working_days as w on w.working_place = arriving.due_place;

insert into case_step
select s.step_id || '-{day_no}', a.county_code, a.new_case_no, s.step_code, s.started_at + interval 28 day,
    case when s.finished_at + interval 28 day < {horizon} then s.finished_at + interval 28 day end,
    s.handler_department_code,
    least(coalesce(s.finished_at, s.started_at) + interval 28 day, {horizon} - interval 1 second), false
from case_step as s join arriving as a on a.county_code = s.county_code and a.case_no = s.case_no
where s.started_at + interval 28 day < {horizon} and s.step_code <> 'REOPEN'
    and not (s.step_code = 'CLOSE' and a.new_closed_at is null);
insert into visit
select v.visit_id || '-{day_no}', a.county_code, a.new_case_no, v.visited_at + interval 28 day, v.place_code,
    v.purpose_code, v.visited_at + interval 28 day, false
from visit as v join arriving as a on a.county_code = v.county_code and a.case_no = v.case_no
where v.visited_at + interval 28 day < {horizon};

insert into truth_records
select r.system, r.table_name, a.county_code || '|' || a.new_case_no, r.entity,
    case when r.entity = 'incident' then r.true_id || '+{day_no}' else r.true_id end
from truth_records as r join arriving as a on r.system = 'affairs' and r.table_name = 'case' and r.source_record_id = a.old_id;
insert into truth_dirt
select d.system, d.table_name, a.county_code || '|' || a.new_case_no, d.column_name, d.dirt_type
from truth_dirt as d join arriving as a on d.system = 'affairs' and d.table_name = 'case' and d.source_record_id = a.old_id
where d.dirt_type not in ('case_no_reused', 'case_reopened')
    and not (d.dirt_type = 'closed_before_accepted' and a.new_closed_at is null);
insert into truth_dirt
select d.system, d.table_name, d.source_record_id || '-{day_no}', d.column_name, d.dirt_type
from truth_dirt as d join case_step as s on s.step_id = d.source_record_id || '-{day_no}'
where d.system = 'affairs' and d.table_name = 'case_step';
