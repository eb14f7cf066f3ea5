create or replace table persons as
with county as (
    select *, case when origin in ('migrant', 'foreigner') then 7 + pick('prefix', person_no, 3)
        when u('prefix moved', person_no) < 0.06 then pick('prefix', person_no, 7)
        else list_position(['340402', '340403', '340404', '340405', '340406', '340421', '340422'], county_code) - 1
        end as prefix
    from persons
),
ranked as (
    select *, row_number() over (partition by prefix, birth_date, sex_code order by u('sequence', person_no)) as place
    from county
),
numbered as (
    select *, (34049 || prefix::varchar || strftime(birth_date, '%Y%m%d')
        || lpad((2 * ((pick('start', prefix || birth_date::varchar || sex_code, 500) + place * 7) % 500)
            + case when sex_code = '1' then 1 else 0 end)::varchar, 3, '0')) as seventeen
    from ranked
)
select * exclude (prefix, place, seventeen),
    case when origin = 'foreigner' then '414' else '111' end as id_type_code,
    case when origin = 'foreigner'
        then chr(65 + pick('passport', person_no, 26)::int) || lpad(((person_no * 9973 + 31) % 100000000)::varchar, 8, '0')
        else seventeen || check_digit(seventeen) end as id_number
from numbered;
