{#- What each record of `named` gives for its house: a code, an address, or a place that is not a
    single house. -#}
{% macro told_houses(named, houses) -%}
    select
        named.source_system,
        named.source_table,
        named.source_record_id,
        by_code.house_id as code_house_id,
        by_address.house_id as address_house_id,
        matched.match_rule as address_rule,
        matched.match_score as address_score,
        case
            when named.is_address_of_person and matched.unmatched_reason in ('NOT_TO_THE_ROOM', 'AMBIGUOUS')
                then matched.place_id
        end as place_id,
        matched.building_code
    from {{ named }} as named
    left join {{ ref("int_addresses_matched") }} as matched
        on named.address_key = matched.address_key
    left join {{ houses }} as by_code
        on named.written_house_code = by_code.house_code
    left join {{ houses }} as by_address
        on matched.house_code = by_address.house_code
{%- endmacro %}

{#- Records that identify their house themselves. A code is the register's own; an address of another
    house only lowers the certainty. -#}
{% macro houses_by_record(told) -%}
    select
        source_system,
        source_table,
        source_record_id,
        coalesce(code_house_id, address_house_id) as house_id,
        case
            when code_house_id = address_house_id then 'CODE AND ADDRESS'
            when code_house_id is not null then 'CODE'
            else address_rule
        end as match_rule,
        case
            when code_house_id = address_house_id then 1.0
            when code_house_id is not null and address_house_id is not null then 0.8
            when code_house_id is not null then 0.95
            else address_score
        end as match_score
    from {{ told }}
    where code_house_id is not null or address_house_id is not null
{%- endmacro %}

{#- Records whose address ends at an estate or a building, by person and place: a small share of all.
-#}
{% macro unplaced_records(told, assignments) -%}
    select
        told.source_system,
        told.source_table,
        told.source_record_id,
        told.building_code,
        assignments.person_id,
        {{ home_key("assignments", "told") }} as home_key
    from {{ told }} as told
    inner join {{ assignments }} as assignments
        on
            told.source_system = assignments.source_system
            and told.source_table = assignments.source_table
            and told.source_record_id = assignments.source_record_id
    where told.code_house_id is null and told.address_house_id is null and told.place_id is not null
{%- endmacro %}

{#- For the persons in `unplaced`, the one house of an estate in which their records `by_record`
    place them. -#}
{% macro homes_of_persons(by_record, houses, assignments, unplaced) -%}
    select
        {{ home_key("assignments", "houses") }} as home_key,
        min(houses.house_id) as house_id,
        min(houses.building_code) as building_code
    from {{ by_record }} as by_record
    inner join {{ assignments }} as assignments
        on
            by_record.source_system = assignments.source_system
            and by_record.source_table = assignments.source_table
            and by_record.source_record_id = assignments.source_record_id
    inner join {{ houses }} as houses
        on by_record.house_id = houses.house_id
    where assignments.person_id in (select person_id from {{ unplaced }})
    group by {{ home_key("assignments", "houses") }}
    having min(houses.house_id) = max(houses.house_id)
{%- endmacro %}

{#- A combined key: an engine that joins by place alone would pair all residents of an estate. -#}
{% macro home_key(assignments, houses) -%}
    {{ assignments }}.person_id || '|' || {{ houses }}.place_id
{%- endmacro %}

{#- A person's address that ends at the estate or building is resolved to the person's known house
    there. -#}
{% macro houses_by_person(unplaced, homes) -%}
    select
        unplaced.source_system,
        unplaced.source_table,
        unplaced.source_record_id,
        homes.house_id,
        'PERSON' as match_rule,
        0.9 as match_score
    from {{ unplaced }} as unplaced
    inner join {{ homes }} as homes
        on unplaced.home_key = homes.home_key
    where unplaced.building_code is null or unplaced.building_code = homes.building_code
{%- endmacro %}

{#- The reason why no house was found for a record of `named` with the address `matched`. -#}
{% macro unmatched_reason() -%}
    case
        when matched.unmatched_reason is not null then matched.unmatched_reason
        when named.address_key is not null and named.address_level <> 'MISSING' then 'HOUSE_NOT_REGISTERED'
        when named.written_house_code is not null then 'CODE_UNKNOWN'
        else 'NO_ADDRESS'
    end
{%- endmacro %}
