create or replace table rows_health_referral as
with referred as (
    select row_no, ehr_no, community_code,
        case when u('direction', row_no) < 0.74 then 'UP' else 'DOWN' end as direction_code,
        case when u('how high', row_no) < 0.6 then 'SECONDARY' else 'TERTIARY' end as hospital_level,
        timestamp '{today}' - interval (1 + pick('applied', row_no, 89)) day + interval (28800 + pick('applied at', row_no, 32000)) second as applied_local
    from health_ehr_index where presence = 'resident' and copy_no = 0 and u('referred', row_no) < 0.016
)
select *, case when u('taken', row_no) < 0.9 then 'ACCEPTED' when u('taken', row_no) < 0.95 then 'REJECTED' else 'APPLIED' end as status_code,
    case hospital_level when 'SECONDARY' then secondary_institution(community_code, row_no) else tertiary_institution(row_no) end as hospital_code,
    applied_local + interval (600 + pick('accepted', row_no, 60000)) second as accepted_local
from referred;
