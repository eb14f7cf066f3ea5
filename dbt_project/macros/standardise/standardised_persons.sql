{#- The rows of `relation` with their person attributes standardised.

    Adds id_number_clean, id_number_18, id_number_status, id_birth_date, id_sex_code, name_standard,
    phone_mobile, recorded_birth_date, recorded_sex_code, birth_slip, is_id_doubtful,
    standard_birth_date, standard_sex_code and person_findings. `columns` names the columns that hold
    id_number, name, phone, birth_date, sex_code and id_type_code; a missing one is treated as null. -#}
{% macro standardised_persons(relation, columns) -%}
    {%- set nothing = "cast(null as " ~ text_type() ~ ")" -%}
    {%- set id_number = columns.get("id_number", nothing) -%}
    {%- set name = columns.get("name", nothing) -%}
    {%- set phone = columns.get("phone", nothing) -%}
    {%- set birth_date = columns.get("birth_date", nothing) -%}
    {%- set sex_code = columns.get("sex_code", nothing) -%}
    {%- set id_type_code = columns.get("id_type_code", nothing) -%}
    select
        checked.*,
        case
            when id_number_status = 'valid' and not is_id_doubtful then id_birth_date else recorded_birth_date
        end as standard_birth_date,
        case
            when id_number_status = 'valid' and not is_id_doubtful then id_sex_code else recorded_sex_code
        end as standard_sex_code,
        {{ person_findings(columns, id_number, name, phone, birth_date, sex_code) }} as person_findings
    from (
        select
            compared.*,
            coalesce(
                id_number_status = 'valid' and recorded_birth_date <> id_birth_date and birth_slip is null, false
            ) as is_id_doubtful
        from (
            select
                verified.*,
                {{ birth_slip("recorded_birth_date", "id_birth_date", birth_date) }} as birth_slip
            from (
                select
                    dated.*,
                    {{ identity_number_status("id_number_18", "id_birth_date", id_type_code) }} as id_number_status
                from (
                    select
                        widened.*,
                        case
                            when {{ is_resident_number("id_number_18") }}
                                then {{ identity_birth_date("id_number_18") }}
                        end as id_birth_date,
                        case
                            when {{ is_resident_number("id_number_18") }} then {{ identity_sex_code("id_number_18") }}
                        end as id_sex_code
                    from (
                        select
                            cleaned.*,
                            {{ identity_number_18("id_number_clean") }} as id_number_18
                        from (
                            select
                                *,
                                {{ identity_number_clean(id_number) }} as id_number_clean,
                                {{ name_standard(name) }} as name_standard,
                                {{ phone_mobile(phone) }} as phone_mobile,
                                {{ date_from_text(birth_date) }} as recorded_birth_date,
                                {{ sex_code_from_writing(sex_code) }} as recorded_sex_code
                            from {{ relation }}
                        ) as cleaned
                    ) as widened
                ) as dated
            ) as verified
        ) as compared
    ) as checked
{%- endmacro %}

{#- A foreigner's name is in letters throughout; letters among characters replace one that could not
    be written. -#}
{% macro person_findings(columns, id_number, name, phone, birth_date, sex_code) -%}
    {%- set items = [] -%}
    {%- if "id_number" in columns -%}
        {%- do items.extend([
            finding("id_number_status = 'missing'", id_number, "id_missing", "flagged"),
            finding("length(id_number_clean) = 15 and id_number_status = 'valid'", id_number, "id_15_digit", "repaired"),
            finding("id_number_status = 'checksum_failed'", id_number, "id_checksum_failed", "flagged"),
            finding("id_number_clean <> " ~ id_number, id_number, "id_formatting", "repaired"),
            finding("is_id_doubtful", id_number, "id_of_another", "flagged"),
        ]) -%}
    {%- endif -%}
    {%- if "name" in columns -%}
        {%- do items.extend([
            finding(regex_matches(name, "[一-龥·][ 　]+[一-龥·]"), name, "name_blank", "repaired"),
            finding(regex_matches(name, "(先生|女士|小姐|同志)$"), name, "name_honorific", "repaired"),
            finding(
                regex_matches("name_standard", "[?？□�]") ~ " or (" ~ regex_matches("name_standard", "[A-Z]")
                ~ " and " ~ regex_matches("name_standard", "[一-龥]") ~ ")", name, "name_unencodable", "flagged"
            ),
            finding(is_name_too_long(name), name, "name_malformed", "flagged"),
        ]) -%}
    {%- endif -%}
    {%- if "birth_date" in columns -%}
        {%- for slip in ["birth_swapped", "birth_default", "birth_year_off", "birth_lunar"] -%}
            {%- do items.append(
                finding("id_number_status = 'valid' and birth_slip = '" ~ slip ~ "'", birth_date, slip, "repaired")
            ) -%}
        {%- endfor -%}
        {%- set is_explained = "coalesce(id_number_status = 'valid' and birth_slip is not null, false)" -%}
        {%- do items.extend([
            finding(
                "recorded_birth_date is not null and not " ~ birth_is_plain(birth_date),
                birth_date, "date_written_loosely", "repaired"
            ),
            finding(
                "recorded_birth_date is null and trim(" ~ birth_date ~ ") <> '' and not " ~ is_explained,
                birth_date, "date_malformed", "flagged"
            ),
        ]) -%}
    {%- endif -%}
    {%- if "sex_code" in columns -%}
        {%- do items.extend([
            finding(
                "id_number_status = 'valid' and not is_id_doubtful and recorded_sex_code <> id_sex_code",
                sex_code, "sex_contradicts_id", "repaired"
            ),
            finding("recorded_sex_code <> " ~ sex_code, sex_code, "sex_written_loosely", "repaired"),
            finding(
                "recorded_sex_code is null and trim(" ~ sex_code ~ ") <> ''", sex_code, "code_unknown", "flagged"
            ),
        ]) -%}
    {%- endif -%}
    {%- if "phone" in columns -%}
        {%- set digits = regex_replace(half_width(phone), "[^0-9,;/]") -%}
        {%- do items.append(finding("nullif(trim(" ~ phone ~ "), '') is null", phone, "phone_missing", "flagged")) -%}
        {%- set is_placeholder = "(" ~ phone_is_placeholder(digits) ~ ")" -%}
        {%- do items.extend([
            finding("trim(" ~ phone ~ ") <> '' and " ~ is_placeholder, phone, "phone_placeholder", "repaired"),
            finding(
                "phone_mobile is not null and not " ~ phone_is_plain(phone), phone, "phone_written_loosely", "repaired"
            ),
            finding(
                "phone_mobile is null and trim(" ~ phone ~ ") <> '' and not " ~ is_placeholder,
                phone, "phone_malformed", "flagged"
            ),
        ]) -%}
    {%- endif -%}
    {{ array_of_texts(items) }}
{%- endmacro %}
