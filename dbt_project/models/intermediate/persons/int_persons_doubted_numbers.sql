{{ config(
    materialized=kept_as("incremental"),
    incremental_strategy="differences",
    on_schema_change="sync_all_columns",
    unique_key="record_key",
    meta={"computed_once": ["numbered"]},
) }}

{#- Records whose valid or foreign number does not belong to their person, with the reason:
   `of_another`, or `mistyped` with a checksum that happens to be valid. A number's holder is the
   person named by most of its records.

   It belongs to another if the name is someone else's and so is the birth date, or if the names
   have nothing in common. If a source gives no birth date (staging then took the number's), it also
   does if a given name of two characters differs entirely, or if the name is that of another person
   at the same telephone or house.

   A foreign number encodes no birth date: it belongs to another if both name and birth date are
   unlike the holder's or, where one of the birth dates is unknown, if two names in characters have
   nothing in common. A name in letters may be the same name.

   A separate table, so that the engine knows how few they are before joining them to every record. -#}
with

matched as (

    select * from {{ ref("int_addresses_matched") }}

),

numbered as (

    select
        named.record_key,
        named.source_system,
        named.id_number,
        named.id_number_status = 'foreign' as is_foreign,
        {{ document_key("named") }} as document,
        named.name_standard,
        named.former_name,
        named.gives_birth_date,
        named.birth_date,
        named.phone,
        named.address_key,
        named.house_code,
        named.owned_house_code
    from {{ ref("int_persons_named") }} as named
    where
        named.id_number_status in ('valid', 'foreign')
        and not {{ is_other_card("named") }}
        and named.name_standard is not null
        and not named.is_deleted

),

numbers as (

    select
        document,
        min(name_standard) as first_name,
        max(name_standard) as last_name,
        count(*) as records,
        sum(case when source_system = 'population' then 1 else 0 end) as from_register
    from numbered
    group by document

),

-- Few numbers are given under more than one name; only those need a vote.
contested as (

    select
        numbered.*,
        case
            when not numbered.is_foreign then {{ is_born_otherwise("numbered.birth_date", "numbered.id_number") }}
        end as is_born_otherwise
    from numbered
    where numbered.document in (select document from numbers where first_name <> last_name)

),

name_votes as (

    select
        document,
        name_standard,
        max(former_name) as former_name,
        min(birth_date) as birth_date,
        row_number() over (
            partition by document
            order by
                sum(case when is_born_otherwise then 0 else 1 end) desc,
                sum(case when source_system = 'population' then 1 else 0 end) desc,
                count(*) desc,
                name_standard desc
        ) as vote_rank
    from contested
    group by document, name_standard

),

elected as (

    select
        document,
        name_standard as holder_name,
        former_name as holder_former_name,
        birth_date as holder_birth_date
    from name_votes
    where vote_rank = 1

),

holders as (

    select
        numbers.document,
        coalesce(elected.holder_name, numbers.first_name) as holder_name,
        numbers.records,
        numbers.from_register
    from numbers
    left join elected
        on numbers.document = elected.document

),

-- Only one record gives it, and it differs in two digits from that of a better attested namesake
-- born on the same day.
mistyped as (

    select once.document
    from holders as once
    inner join holders as known
        on
            once.holder_name = known.holder_name
            and substr(once.document, 7, 8) = substr(known.document, 7, 8)
            and substr(once.document, 18, 1) = substr(known.document, 18, 1)
    where
        once.records = 1
        and {{ is_resident_number("once.document") }}
        and known.records + known.from_register > 1 + once.from_register
        and {{ differing_characters("once.document", "known.document", 17) }} = 2

),

misnamed as (

    select
        contested.*,
        elected.holder_name,
        elected.holder_birth_date
    from contested
    inner join elected
        on contested.document = elected.document
    where
        contested.name_standard <> elected.holder_name
        and contested.name_standard <> coalesce(elected.holder_former_name, '')
        and coalesce(contested.former_name, '') <> elected.holder_name
        and not ({{ may_be_written("contested.name_standard", "elected.holder_name") }})
        and not ({{ may_be_written("elected.holder_name", "contested.name_standard") }})

),

likened as (

    select
        *,
        substr(name_standard, 1, 1) <> substr(holder_name, 1, 1)
        and substr(name_standard, 2) <> substr(holder_name, 2) as is_named_otherwise,
        birth_date <> holder_birth_date
        and {{ birth_slip("birth_date", "holder_birth_date", "''") }} is null as is_born_unlike_holder
    from misnamed

),

judged as (

    select
        *,
        case
            when is_foreign
                then coalesce(
                    is_born_unlike_holder,
                    is_named_otherwise and not {{ regex_matches("name_standard || holder_name", "[A-Z]") }}
                )
            else
                coalesce(is_born_otherwise, false)
                or is_named_otherwise
                or (
                    not gives_birth_date
                    and length(name_standard) = 3
                    and length(holder_name) = 3
                    and substr(name_standard, 2, 1) <> substr(holder_name, 2, 1)
                    and substr(name_standard, 3, 1) <> substr(holder_name, 3, 1)
                )
        end as is_other_person
    from likened

),

suspected as (

    select
        record_key,
        name_standard
    from judged
    where not is_other_person and not gives_birth_date

),

namesakes as (

    select numbered.*
    from numbered
    where numbered.name_standard in (select name_standard from suspected)

),

-- The residence matters only for these.
placed as (

    select
        namesakes.*,
        coalesce(namesakes.house_code, matched.house_code) as home_house_code
    from namesakes
    left join matched
        on namesakes.address_key = matched.address_key

),

of_another as (

    select record_key
    from judged
    where is_other_person
    union
    select own.record_key
    from suspected
    inner join placed as own
        on suspected.record_key = own.record_key
    inner join placed as neighbours
        on own.name_standard = neighbours.name_standard
    where
        own.document <> neighbours.document
        and (
            own.phone = neighbours.phone
            or own.home_house_code = neighbours.home_house_code
            or own.owned_house_code = neighbours.owned_house_code
        )

)

select
    record_key,
    'of_another' as doubt_code
from of_another
union all
select
    record_key,
    'mistyped' as doubt_code
from numbered
where
    document in (select document from mistyped)
    and record_key not in (select record_key from of_another)
