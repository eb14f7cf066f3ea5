{#- A case entered to test the system. -#}
{% macro is_test_case() -%}
    (
        {{ regex_matches("coalesce(subject, '')", "(测试|TEST|test|Test)") }}
        or {{ regex_matches("coalesce(applicant_name, '')", "(测试|TEST|test|Test)") }}
    )
{%- endmacro %}

{#- A test case names nobody, so only the fact that it is one is reported. -#}
{% macro case_findings() -%}
    {%- set names_somebody = "applicant_name is not null and not " ~ is_test_case() -%}
    {{ array_of_texts([
        finding("closed_at < accepted_at", "closed_at", "closed_before_accepted", "repaired"),
        finding(is_test_case(), "subject", "test_case", "flagged"),
        finding(
            "applicant_address is not null and address_level in ('PLACE', 'AREA')",
            "applicant_address", "address_estate_only", "flagged"
        ),
        finding(
            "address_level = 'ROOM' and not " ~ address_is_standard("applicant_address"),
            "applicant_address", "address_variant", "repaired"
        ),
        finding(
            "address_level = 'MISSING' and " ~ names_somebody, "applicant_address", "address_missing", "flagged"
        ),
    ]) }}
{%- endmacro %}

{#- The register writes a building as 3号楼, a unit as 2单元 and a room as 301, a house of a hamlet as
    12号; anything else is a variant. -#}
{% macro house_findings() -%}
    {%- set is_hamlet_number = regex_matches("building_no", "^[0-9]+号$") -%}
    {{ array_of_texts([
        finding(
            "building_no <> " ~ building_standard("building_no") ~ " || '号楼' and not " ~ is_hamlet_number,
            "building_no", "house_building_variant", "repaired"
        ),
        finding(
            "unit_no <> " ~ unit_standard("unit_no") ~ " || '单元'", "unit_no", "house_unit_variant", "repaired"
        ),
        finding("room_no <> " ~ room_standard("room_no"), "room_no", "house_room_variant", "repaired"),
        finding(
            "nullif(unit_no, '') is null and nullif(building_no, '') is not null and not " ~ is_hamlet_number,
            "unit_no", "house_unit_missing", "flagged"
        ),
        finding("not " ~ is_grid_assigned("grid_code"), "grid_code", "grid_missing", "repaired"),
    ]) }}
{%- endmacro %}

{#- A grid code whose last three digits identify a grid; 000 stands for none. -#}
{% macro is_grid_assigned(grid_code) -%}
    coalesce(length({{ grid_code }}) = 15 and substr({{ grid_code }}, 13, 3) <> '000', false)
{%- endmacro %}
