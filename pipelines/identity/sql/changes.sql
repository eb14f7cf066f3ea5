-- Records that are new or different since the previous run, and the state they replace.
create or replace table changed_rows as
with digested as (
    select *, {digest} as digest from {examined} as candidates
)

select digested.* from digested anti join {seen} as seen using (digest);

create or replace table changed as
select
    record_key,
    digest,
    digest_of(number) as number_key,
    digest_of(address_standard) as address_key
from changed_rows;

create or replace table fetched as
select * exclude (digest) from changed_rows;

create or replace table superseded as
select seen.* from {seen} as seen where record_key in (select record_key from changed);
