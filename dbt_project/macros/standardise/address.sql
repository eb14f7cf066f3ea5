{#- Writing variants of house numbers: 3#, 3号楼, 三栋, 3幢, 3座; 2单元, 二单元, 2-, 东单元; 301, 0301, 三零一, 3-1. -#}

{#- 3 from any form of a building number; letters and 东/西 before it are kept (A3, 东3). -#}
{% macro building_standard(text) -%}
    {%- set clean = regex_replace("upper(" ~ half_width(text) ~ ")", "(号楼|号|#楼|#|栋|幢|座|楼)+$") -%}
    case
        when {{ is_plain_number(text) }} then {{ text }}
        when {{ text }} <> '' then coalesce(cast({{ chinese_number(clean) }} as {{ text_type() }}), nullif({{ clean }}, ''))
    end
{%- endmacro %}

{#- 2 from any form of a unit number; units named by their side are counted in the order 东西南北中. -#}
{% macro unit_standard(text) -%}
    {%- set clean = regex_replace("upper(" ~ half_width(text) ~ ")", "(单元|门|-)+$") -%}
    case
        when {{ is_plain_number(text) }} then {{ text }}
        when {{ clean }} = '东' then '1'
        when {{ clean }} = '西' then '2'
        when {{ clean }} = '南' then '3'
        when {{ clean }} = '北' then '4'
        when {{ clean }} = '中' then '5'
        when {{ text }} <> '' then coalesce(cast({{ chinese_number(clean) }} as {{ text_type() }}), nullif({{ clean }}, ''))
    end
{%- endmacro %}

{#- 301 from any form of a room number; 3-1 is the first room on the third floor. -#}
{% macro room_standard(text) -%}
    {%- set clean = regex_replace("upper(" ~ half_width(text) ~ ")", "(室|号|户|房)+$") -%}
    case
        when {{ is_plain_number(text) }} then {{ text }}
        when {{ regex_matches(clean, "^[0-9]{1,2}-[0-9]{1,2}$") }}
            then
                cast(
                    try_cast(split_part({{ clean }}, '-', 1) as integer) * 100
                    + try_cast(split_part({{ clean }}, '-', 2) as integer)
                    as {{ text_type() }}
                )
        when {{ text }} <> '' then coalesce(cast({{ chinese_number(clean) }} as {{ text_type() }}), nullif({{ clean }}, ''))
    end
{%- endmacro %}

{#- The rows of `relation` with a free-text address parsed. `landed` is the landed rows they come
    from: each distinct text is parsed once, however many rows repeat it.

    Adds address_county, address_town, address_community (names as written), address_road (with its
    number), address_estate, address_building, address_unit, address_room and address_level: ROOM,
    BUILDING, PLACE, AREA or MISSING. A house of a hamlet (组) has a number and no rooms: its number
    is taken as the building. -#}
{% macro parsed_addresses(relation, address, landed) -%}
    select
        {{ relation }}.*,
        {% for name in address_outputs() if name != "address_level" -%}
            parts.{{ name }},
        {% endfor -%}
        coalesce(parts.address_level, 'MISSING') as address_level
    from {{ relation }}
    left join (

        {{ parts_of_addresses("(select distinct " ~ address ~ " as written_address from (" ~ landed ~ ") as landed) as written") }}

    ) as parts
        on {{ relation }}.{{ address }} = parts.written_address
{%- endmacro %}

{#- The parts of each written_address of `relation`. -#}
{% macro parts_of_addresses(relation) -%}
    {%- set number = "[0-9A-Z零〇一二三四五六七八九十]" -%}
    {%- set building = "(?:(" ~ number ~ "{1,4})(?:号楼|#楼|#|栋|幢|座))?" -%}
    {%- set unit = "(?:([0-9一二三四五六七八九十]{1,2}|[东西南北中])(单元|-))?" -%}
    {%- set room = "((?:[0-9]{1,2}-[0-9]{1,2})|" ~ number ~ "{1,5})?(室|号|户|房)?$" -%}
    {#- 6-2 without a unit is the second room on the sixth floor: no room number has fewer than three
        digits. -#}
    {%- set floor_taken_for_unit -%}
        (_house.g4 = '-' and {{ regex_matches("_house.g3", "^[0-9]+$") }} and {{ regex_matches("_house.g5", "^[0-9]{1,2}$") }})
    {%- endset %}
    {%- set plate_taken_for_room -%}
        (_house.g2 = '' and _house.g3 = '' and _house.g6 = '号' and {{ regex_matches("_house.g1", "(路|街|道|巷)$") }})
    {%- endset %}
    select
        written_address,
        address_county,
        address_town,
        address_community,
        nullif(_place.g1 || _place.g2, '') as address_road,
        case
            when _is_hamlet then {{ regex_replace(regex_replace("_place.g3", "^.*村"), "队$", "组") }}
            else nullif(_place.g3, '')
        end as address_estate,
        case
            when _is_hamlet then {{ building_standard("_house.g5") }} else {{ building_standard("_house.g2") }}
        end as address_building,
        case when not {{ floor_taken_for_unit }} then {{ unit_standard("_house.g3") }} end as address_unit,
        case
            when {{ floor_taken_for_unit }} then {{ room_standard("_house.g3 || '-' || _house.g5") }}
            when not _is_hamlet and not {{ plate_taken_for_room }} then {{ room_standard("_house.g5") }}
        end as address_room,
        case
            when coalesce(_whole, '') = '' then 'MISSING'
            when _house.g5 <> '' and not {{ plate_taken_for_room }} then 'ROOM'
            when _house.g2 <> '' then 'BUILDING'
            when _house.g1 <> '' then 'PLACE'
            else 'AREA'
        end as address_level
    from (
        select
            without_house.*,
            {{ regex_matches("_house.g1", "(组|队)$") }} as _is_hamlet,
            {{ regex_groups(
                "(_house.g1 || case when " ~ plate_taken_for_room ~ " then _house.g5 || _house.g6 else '' end)",
                "^([^0-9]*?(?:路|大街|大道|巷))?([0-9]+(?:-[0-9]+)?号)?(.*)$",
                3,
            ) }} as _place
        from (
            select
                without_area.*,
                {{ regex_groups("_area.g4", "^(.*?)" ~ building ~ unit ~ room, 6) }} as _house
            from (
                select
                    areas.*,
                    nullif(_area.g1, '') as address_county,
                    nullif(_area.g2, '') as address_town,
                    coalesce(
                        nullif(_area.g3, ''), nullif({{ regex_extract("_area.g4", "^([^0-9]{1,12}?村)[^0-9]+(?:组|队)") }}, '')
                    ) as address_community
                from (
                    select
                        *,
                        upper({{ half_width("written_address") }}) as _whole,
                        {{ regex_groups("upper(" ~ half_width("written_address") ~ ")", address_area_pattern(), 4) }} as _area
                    from {{ relation }}
                ) as areas
            ) as without_area
        ) as without_house
    ) as taken_apart
{%- endmacro %}

{% macro address_area_pattern() -%}
    ^(?:{{ var("address_province") }}省?)?(?:{{ var("address_city") }}市)?({{ var("address_counties") }})?([^0-9]{1,9}?(?:街道|镇|乡|林场|农场|开发区))?([^0-9]{1,14}?社区(?:委员会(?:社区)?)?)?(.*)$
{%- endmacro %}

{#- The key shared by all forms of one address. -#}
{% macro address_key() -%}
    concat_ws(
        '|',
        coalesce(address_county, ''),
        coalesce(address_community, ''),
        coalesce(address_road, ''),
        coalesce(address_estate, ''),
        coalesce(address_building, ''),
        coalesce(address_unit, ''),
        coalesce(address_room, '')
    )
{%- endmacro %}

{#- The key shared by all forms of one estate, hamlet or numbered road. -#}
{% macro place_key() -%}
    concat_ws(
        '|',
        coalesce(address_county, ''),
        coalesce(address_community, ''),
        coalesce(address_road, ''),
        coalesce(address_estate, '')
    )
{%- endmacro %}

{#- A room of a building in a place, or a building without rooms; null without a building. -#}
{% macro door_key(place_id, building, room) -%}
    {{ place_id }} || '|' || {{ building }} || '|' || coalesce({{ room }}, '')
{%- endmacro %}

{#- 3 from 301, 11 from 1102: all but the last two digits. -#}
{% macro floor_of_room(room) -%}
    case when {{ regex_matches(room, "^[0-9]{3,4}$") }} then substr({{ room }}, 1, length({{ room }}) - 2) end
{%- endmacro %}

{#- Whether an address down to the room is written as in the standard address register. -#}
{% macro address_is_standard(text) -%}
    {{ regex_matches(
        text,
        "^" ~ var("address_province") ~ "省" ~ var("address_city") ~ "市(" ~ var("address_counties")
        ~ ")[^ ]+([0-9]+号楼[0-9]+单元[0-9]+室|组[0-9]+号)$",
    ) }}
{%- endmacro %}

{#- An address in canonical form: 阳光花园3号楼2单元301室, or road and number where no estate is given. -#}
{% macro address_standard(prefix="address_") -%}
    coalesce({{ prefix }}estate, {{ prefix }}road)
    || coalesce({{ prefix }}building || '号楼', '')
    || coalesce({{ prefix }}unit || '单元', '')
    || coalesce({{ prefix }}room || '室', '')
{%- endmacro %}

{#- 远望 from 远望社区居委会, 远望社区 or 远望村. -#}
{% macro community_base_name(text) -%}
    {{ regex_replace(
        regex_replace(text, "(居委会|村委会|居民委员会|村民委员会)$"), "(社区|村)$"
    ) }}
{%- endmacro %}

{#- The name of one of this city's counties by its code. -#}
{% macro county_name(county_code) -%}
    {%- set counties = var("county_names") -%}
    case {{ county_code }}
        {% for code, name in counties.items() -%}
            when '{{ code }}' then '{{ name }}'
        {% endfor -%}
    end
{%- endmacro %}
