with

houses as (

    select * from {{ ref("dim_houses") }}

),

addresses as (

    select * from {{ ref("stg_population__std_addrs") }}

),

registered as (

    select * from {{ ref("stg_population__houses") }}

),

candidates as (

    select * from {{ ref("int_persons_candidates") }}
    where source_system = 'population' and source_table in ('hj_person', 'ld_person')

),

links as (

    select
        'population' as source_system,
        'house' as source_table,
        registered._source_record_id as source_record_id,
        houses.house_id,
        'CODE' as match_rule
    from registered
    inner join houses
        on registered.house_code = houses.house_code
    union all
    select
        'population' as source_system,
        'std_addr' as source_table,
        addresses._source_record_id as source_record_id,
        houses.house_id,
        'CODE' as match_rule
    from addresses
    inner join houses
        on addresses.house_code = houses.house_code
    union all
    select
        candidates.source_system,
        candidates.source_table,
        candidates.source_record_id,
        houses.house_id,
        case when candidates.house_code = candidates.address_house_code then 'CODE AND ADDRESS' else 'CODE' end
            as match_rule
    from candidates
    inner join houses
        on candidates.house_code = houses.house_code

)

select * from links
