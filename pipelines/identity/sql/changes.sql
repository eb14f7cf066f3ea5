-- What is new or different since the run before, and what was there and is not any more.
create or replace table changed as
with digested as (
    select
        record_key,
        {digest} as digest,
        if(number is null, null, hash(number)) as number_key,
        if(address_standard is null, null, hash(address_standard)) as address_key
    from live
)

select digested.* from digested anti join {seen} as seen using (digest);

create or replace table superseded as
select seen.* from {seen} as seen where record_key in (select record_key from changed);
