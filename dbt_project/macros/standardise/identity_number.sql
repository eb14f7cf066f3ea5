{#- 公民身份号码, GB 11643: 6 digits of region, 8 of birth date, 3 of sequence (odd: male), 1 check
    character. -#}

{#- Half-width, upper case, without spaces and punctuation; null for a placeholder. Nearly every
    number is a resident's born in this or the last century in plain form, so testing for that first
    is cheaper. -#}
{% macro identity_number_clean(text) -%}
    {%- set upper = "upper(" ~ half_width(text) ~ ")" -%}
    {%- set bare = regex_replace(upper, "[^0-9A-Z]") -%}
    {#- Characters beside a resident's number only describe it; in another document's number (军, 士)
        they are part of it. -#}
    {%- set written = regex_replace(upper, "[^0-9A-Z一-龥]|[字第号]") -%}
    case
        when {{ regex_matches(text, "^[0-9]{6}(19|20)[0-9]{9}[0-9X]$") }} then {{ text }}
        when {{ is_number_placeholder(written) }} then null
        when {{ regex_matches(bare, "^[0-9]{15}([0-9]{2}[0-9X])?$") }} then {{ bare }}
        else {{ written }}
    end
{%- endmacro %}

{#- Whether a cleaned text only fills a mandatory field: no digit at all (无, NONE, 未知), a single
    repeated character, letters followed by zeros, or shorter than any document's number. -#}
{% macro is_number_placeholder(clean) -%}
    length({{ clean }}) < 6
    or replace({{ clean }}, substr({{ clean }}, 1, 1), '') = ''
    or {{ regex_matches(clean, "^([^0-9]*|[A-Z]*0+)$") }}
{%- endmacro %}

{#- Whether a text has the form of a resident's number: 17 digits and the check character. -#}
{% macro is_resident_number(text) -%}
    {{ regex_matches(text, "^[0-9]{17}[0-9X]$") }}
{%- endmacro %}

{#- The check character of the first 17 characters, which must be digits. -#}
{% macro identity_check_character(number) -%}
    {%- set weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] -%}
    substr(
        '10X98765432',
        mod(
            {% for weight in weights -%}
                (ascii(substr({{ number }}, {{ loop.index }}, 1)) - 48) * {{ weight }}{{ " + " if not loop.last }}
            {%- endfor %},
            11
        ) + 1,
        1
    )
{%- endmacro %}

{#- A cleaned number in 18 characters: the 15-digit form gains its century and check character. -#}
{% macro identity_number_18(clean) -%}
    case
        when {{ regex_matches(clean, "^[0-9]{15}$") }}
            then
                substr({{ clean }}, 1, 6) || '19' || substr({{ clean }}, 7, 9)
                || {{ identity_check_character("(substr(" ~ clean ~ ", 1, 6) || '19' || substr(" ~ clean ~ ", 7, 9))") }}
        else {{ clean }}
    end
{%- endmacro %}

{#- Whether a type in GA/T 517 is a document other than a resident's card, with its own number: an
    officer's or soldier's card, a birth certificate, a passport or travel permit (4), a residence
    permit (5), any other (990). -#}
{% macro is_other_document(id_type_code) -%}
    {{ regex_matches(id_type_code, "^(11[457]|123|[45][0-9]{2}|990)$") }}
{%- endmacro %}

{#- valid, checksum_failed, missing or foreign (another document than a resident's), for a number in
    18 characters; `birth_date` is the date it encodes, null if it does not have the form of a
    resident's number.

    The region prefix is never compared with today's counties, since prefixes outlive counties. -#}
{% macro identity_number_status(number_18, birth_date, id_type_code="null") -%}
    case
        when {{ number_18 }} is null then 'missing'
        when {{ is_resident_number(number_18) }}
            then
                case
                    when
                        {{ birth_date }} between date '1900-01-01' and cast('{{ var("as_of") }}' as date)
                        and substr({{ number_18 }}, 18, 1) = {{ identity_check_character(number_18) }}
                        then 'valid'
                    else 'checksum_failed'
                end
        when {{ regex_matches(number_18, "^[A-Z]{1,3}[0-9]{6,10}$") }} or {{ is_other_document(id_type_code) }}
            then 'foreign'
        else 'checksum_failed'
    end
{%- endmacro %}

{% macro identity_birth_date(number_18) -%}
    try_cast(
        substr({{ number_18 }}, 7, 4) || '-' || substr({{ number_18 }}, 11, 2) || '-' || substr({{ number_18 }}, 13, 2)
        as date
    )
{%- endmacro %}

{#- Whether a birth date differs from the one in a valid number, without casting that to a date. -#}
{% macro is_born_otherwise(birth_date, number_18) -%}
    extract(year from {{ birth_date }}) * 10000 + extract(month from {{ birth_date }}) * 100
        + extract(day from {{ birth_date }}) <> try_cast(substr({{ number_18 }}, 7, 8) as integer)
{%- endmacro %}

{% macro identity_sex_code(number_18) -%}
    case when mod(ascii(substr({{ number_18 }}, 17, 1)) - 48, 2) = 1 then '1' else '2' end
{%- endmacro %}
