-- A node is what the exact rule already joins: one number, or one record without a number.
create or replace macro node_of(number, record_key) as
    hash(coalesce('number|' || number, 'record|' || record_key));
create or replace macro digest_of(value) as if(value is null, null, hash(value));
create or replace macro short_digest_of(value) as (digest_of(value) % 4294967296)::uinteger;

-- Parts of a name and a number used by the model's blocking rules, to be unnested into columns.
create or replace macro blocking_parts(name, number) as {{
    surname: substr(name, 1, 1),
    number_start: substr(number, 1, 12),
    number_end: substr(number, 13),
    number_dated: substr(number, 1, 14),
    number_last: substr(number, 15)
}};

-- The candidates in the form in which they are compared; a foreign number includes its document
-- type. Deleted rows and rows that name nobody are excluded.
create or replace view {name} as
select
    record_key,
    {document} as number,
    id_number_status not in ('valid', 'foreign') and inferred_id_number is not null as is_number_inferred,
    case
        when id_number_status = 'valid' then id_number
        when length(id_number_unverified) = 18 then id_number_unverified
    end as typed_number,
    name_standard as name,
    former_name,
    case when sex_code in ('1', '2') then sex_code end as sex,
    birth_year,
    birth_month,
    birth_day,
    birth_year * 10000 + birth_month * 100 + birth_day as birth,
    birth_date - date '1900-01-01' as birth_days,
    phone,
    coalesce(house_code, owned_house_code) as house_code,
    address_standard,
    estate_key,
    community_code,
    work_community_code,
    hukou_no
from {source}
where not coalesce(is_deleted, false) and (name_standard is not null or id_number_status in ('valid', 'foreign'));
