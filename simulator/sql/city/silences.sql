create or replace table silences as
select device_no, case when u('silence kind', device_no) < 0.3 then 'MAINTENANCE' else 'OUTAGE' end as kind,
    timestamp '{first_day}' + interval (7200 + pick('silence', device_no, {days} * 86400 - 14400)) second as starts,
    (5400 + pow(u('silence long', device_no), 2) * 126000)::bigint as seconds
from devices where u('silent', device_no) < 0.018 * {days};

create or replace table silences as select *, starts + interval (seconds) second as ends from silences;
