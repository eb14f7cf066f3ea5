{%- set others = ["registered_on", "community_code", "address_key", "legal_person_id_number", "legal_person_phone"] -%}
with

records as (

    select * from {{ ref("int_organizations_records") }}

),

-- A code with valid check characters identifies the organization; records without one are matched
-- to it.
sound as (

    select * from records
    where credit_code is not null

),

doubtful as (

    select * from records
    where credit_code is null

),

compared as (

    select
        doubtful.record_key,
        sound.credit_code,
        'REGISTRATION' as match_rule,
        1 as rule_rank,
        1 + {{ count_agreements("doubtful", "sound", ["name_key"] + others) }} as agreement_count
    from doubtful
    inner join sound
        on doubtful.registration_no = sound.registration_no
    union all
    select
        doubtful.record_key,
        sound.credit_code,
        'REPAIRED CODE' as match_rule,
        2 as rule_rank,
        {{ count_agreements("doubtful", "sound", ["name_key"] + others) }} as agreement_count
    from doubtful
    inner join sound
        on doubtful.candidate_code = sound.credit_code
    union all
    select
        doubtful.record_key,
        sound.credit_code,
        'CODE BODY' as match_rule,
        3 as rule_rank,
        {{ count_agreements("doubtful", "sound", ["name_key"] + others) }} as agreement_count
    from doubtful
    inner join sound
        on doubtful.code_body = sound.code_body
    union all
    select
        doubtful.record_key,
        sound.credit_code,
        'NAME' as match_rule,
        4 as rule_rank,
        {{ count_agreements("doubtful", "sound", ["organization_name"] + others) }} as agreement_count
    from doubtful
    inner join sound
        on
            doubtful.name_key = sound.name_key
            and coalesce(doubtful.registered_on = sound.registered_on, true)

),

-- A name match alone does not join: something else must agree. One name with two registration dates
-- is two organizations.
candidates as (

    select
        record_key,
        credit_code,
        match_rule,
        rule_rank,
        max(agreement_count) as agreement_count
    from compared
    where agreement_count > 0
    group by record_key, credit_code, match_rule, rule_rank

),

ranked as (

    select
        *,
        row_number() over (
            partition by record_key order by rule_rank, agreement_count desc, credit_code
        ) as candidate_rank,
        count(*) over (partition by record_key, rule_rank, agreement_count) as equal_count
    from candidates

),

matched as (

    select
        record_key,
        credit_code,
        match_rule
    from ranked
    where candidate_rank = 1 and equal_count = 1

),

keyed as (

    select
        records.record_key,
        records.source_rank,
        case
            when records.credit_code is not null then 'code|' || records.credit_code
            when matched.credit_code is not null then 'code|' || matched.credit_code
            when records.name_key is not null and records.registered_on is not null
                then 'name|' || records.name_key || '|' || cast(records.registered_on as {{ text_type() }})
            when records.candidate_code is not null then 'candidate|' || records.candidate_code
            else records.record_key
        end as group_key,
        case
            when records.credit_code is not null then 'CODE'
            when matched.credit_code is not null then matched.match_rule
            when records.name_key is not null and records.registered_on is not null then 'NAME AND REGISTRATION DAY'
            when records.candidate_code is not null then 'UNCONFIRMED CODE'
            else 'ALONE'
        end as match_rule
    from records
    left join matched
        on records.record_key = matched.record_key

),

-- The register's own number identifies the organization and stays when a code or a name is
-- corrected.
led as (

    select
        *,
        first_value(case when source_rank <= 2 then record_key else group_key end) over (
            partition by group_key order by source_rank, record_key
            rows between unbounded preceding and unbounded following
        ) as leading_key
    from keyed

),

final as (

    select
        records.*,
        {{ surrogate_id("O", "led.leading_key") }} as organization_id,
        led.match_rule
    from records
    inner join led
        on records.record_key = led.record_key

)

select * from final
