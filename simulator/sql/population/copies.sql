create or replace table copies_{table} as
select person_no from base_{table} where presence in ('resident', 'dead') and home_house_id <> old_house_id
order by u('copy {table}', person_no), person_no
limit (select ceil(count(*) * {share})::bigint from base_{table});
