{%- set landed = new_landed_rows("population", "hj_person") -%}
with

repeated as (

    {{ repeated_records(landed) }}

),

newest as (

    {{ newest_versions(landed, "update_time") }}

),

changed as (

    {{ not_older_than_staged("newest", "update_time") }}

),

persons as (

    {{ standardised_persons("changed", person_columns()) }}

),

addresses as (

    {{ parsed_addresses("persons", "residence_address", landed) }}

),

renamed as (

    select
        person_no,
        {{ person_standard_columns() }},
        nullif({{ name_standard("former_name") }}, name_standard) as former_name,
        ethnicity_code,
        marital_code,
        education_code,
        hukou_no,
        relation_to_head_code,
        hukou_address,
        {{ regex_extract("hukou_address", "(" ~ var("address_counties") ~ ")") }}
        = {{ county_name("substr(person_no, 1, 6)") }} as is_home_registration,
        {{ residence_columns() }},
        status_code,
        verified_at,
        update_time as updated_at,
        is_deleted,
        _source_record_id,
        _batch_id,
        _landed_at,
        {{ join_arrays(["person_findings", residence_findings()]) }} as _findings
    from addresses

)

select * from renamed
