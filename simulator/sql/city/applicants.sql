create or replace table applicants as
select row_number() over (order by u('applicant', person_no), person_no) - 1 as place, person_no, family_house_id,
    county_code
from persons where presence in ('resident', 'away', 'outsider') and age_years >= 18;
