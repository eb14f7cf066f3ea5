{#- Where each kind of record stores a person's attributes. -#}
{% macro person_columns() -%}
    {{ return({
        "id_number": "id_number", "name": "name", "phone": "phone", "birth_date": "birth_date",
        "sex_code": "sex_code", "id_type_code": "id_type_code",
    }) }}
{%- endmacro %}

{% macro applicant_columns() -%}
    {{ return({
        "id_number": "applicant_id_number", "name": "applicant_name", "phone": "applicant_phone",
        "birth_date": "applicant_birth_date", "sex_code": "applicant_sex_code",
    }) }}
{%- endmacro %}

{% macro owner_columns() -%}
    {{ return({"id_number": "owner_id_number", "name": "owner_name", "phone": "owner_phone"}) }}
{%- endmacro %}

{#- A person's standard fields, under the same names in every staging table with a person. -#}
{% macro person_standard_columns(name="name", id_type_code="id_type_code", prefix="") -%}
    {{ id_type_code }} as {{ prefix }}id_type_code,
        case when id_number_status in ('valid', 'foreign') then id_number_18 end as {{ prefix }}id_number,
        case when id_number_status = 'checksum_failed' then id_number_18 end as {{ prefix }}id_number_unverified,
        id_number_status as {{ prefix }}id_number_status,
        is_id_doubtful as {{ prefix }}is_id_doubtful,
        nullif({{ name }}, '') as {{ prefix }}name_raw,
        name_standard as {{ prefix }}name_standard,
        standard_sex_code as {{ prefix }}sex_code,
        standard_birth_date as {{ prefix }}birth_date,
        phone_mobile as {{ prefix }}phone
{%- endmacro %}

{% macro residence_columns() -%}
    residence_address,
        address_county,
        address_town,
        address_community,
        address_road,
        address_estate,
        address_building,
        address_unit,
        address_room,
        address_level,
        {{ address_key() }} as address_key,
        nullif(residence_house_code, '') as residence_house_code,
        nullif(community_code, '') as community_code,
        nullif(grid_code, '') as grid_code
{%- endmacro %}

{% macro residence_findings() -%}
    {{ array_of_texts([
        finding(name_standard("former_name") ~ " = name_standard", "name", "name_former", "flagged"),
        finding("address_level = 'MISSING'", "residence_address", "address_missing", "flagged"),
        finding("address_level in ('PLACE', 'AREA') and address_county is not null", "residence_address", "address_estate_only", "flagged"),
        finding(
            "residence_house_code is not null and not " ~ is_grid_assigned("grid_code"),
            "grid_code", "grid_missing", "repaired"
        ),
        finding(
            "address_level = 'ROOM' and not " ~ address_is_standard("residence_address"),
            "residence_address", "address_variant", "repaired"
        ),
    ]) }}
{%- endmacro %}

{% macro no_findings() -%}
    {{ array_of_texts(["cast(null as " ~ text_type() ~ ")"]) }}
{%- endmacro %}
