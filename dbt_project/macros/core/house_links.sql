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
            when matched.unmatched_reason in ('NOT_TO_THE_ROOM', 'AMBIGUOUS') then matched.place_id
        end as place_id,
        matched.building_code,
        named.object_key,
        named.is_address_of_person
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
        object_key,
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

{#- Records whose address ends at an estate or a building, a small share of all, and whose other
    records may say more: those of the object that the record is about, or of the person whose own
    address it gives. -#}
{% macro unplaced_records(told, assignments) -%}
    select
        told.source_system,
        told.source_table,
        told.source_record_id,
        told.place_id,
        told.building_code,
        told.object_key,
        coalesce(told.object_key, assignments.person_id) as holder,
        case when told.object_key is null then 'PERSON' else 'OBJECT' end as match_rule
    from {{ told }} as told
    left join {{ assignments }} as assignments
        on
            told.source_system = assignments.source_system
            and told.source_table = assignments.source_table
            and told.source_record_id = assignments.source_record_id
    where
        told.code_house_id is null
        and told.address_house_id is null
        and told.place_id is not null
        and (told.object_key is not null or (told.is_address_of_person and assignments.person_id is not null))
{%- endmacro %}

{#- For the persons and objects in `unplaced`, the one house of a place in which their records
    `by_record` have them. -#}
{% macro homes_of_holders(by_record, houses, assignments, unplaced) -%}
    select
        {{ home_key("placed", "houses") }} as home_key,
        min(houses.house_id) as house_id,
        min(houses.building_code) as building_code
    from (
        select
            assignments.person_id as holder,
            by_record.house_id
        from {{ by_record }} as by_record
        inner join {{ assignments }} as assignments
            on
                by_record.source_system = assignments.source_system
                and by_record.source_table = assignments.source_table
                and by_record.source_record_id = assignments.source_record_id
        where assignments.person_id in (select holder from {{ unplaced }})
        union all
        select
            object_key as holder,
            house_id
        from {{ by_record }}
        where object_key in (select holder from {{ unplaced }})
    ) as placed
    inner join {{ houses }} as houses
        on placed.house_id = houses.house_id
    group by {{ home_key("placed", "houses") }}
    having min(houses.house_id) = max(houses.house_id)
{%- endmacro %}

{#- A combined key: an engine that joins by place alone would pair all residents of an estate. -#}
{% macro home_key(holders, places) -%}
    {{ holders }}.holder || '|' || {{ places }}.place_id
{%- endmacro %}

{#- An address that ends at the estate or building is resolved to the house there that its person or
    object is known to have. -#}
{% macro houses_by_holder(unplaced, homes) -%}
    select
        unplaced.source_system,
        unplaced.source_table,
        unplaced.source_record_id,
        unplaced.object_key,
        homes.house_id,
        unplaced.match_rule,
        0.9 as match_score
    from {{ unplaced }} as unplaced
    inner join {{ homes }} as homes
        on {{ home_key("unplaced", "unplaced") }} = homes.home_key
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
