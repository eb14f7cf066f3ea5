{#- 统一社会信用代码, GB 32100: 2 characters of category, 6 of region, 9 of the organization (GB 11714), 1
    check character; letters I, O, S, V and Z are not used. -#}

{#- Half-width, upper case, without spaces and punctuation; null for a placeholder. -#}
{% macro credit_code_clean(text) -%}
    {%- set bare = regex_replace("upper(" ~ half_width(text) ~ ")", "[^0-9A-Z]") -%}
    case when not ({{ credit_code_is_placeholder(bare) }}) then {{ bare }} end
{%- endmacro %}

{#- Whether only one character was repeated, in the whole or in the organization's part: for zeros,
    both check characters are valid. -#}
{% macro credit_code_is_placeholder(bare) -%}
    replace({{ bare }}, substr({{ bare }}, 1, 1), '') = ''
    or (length({{ bare }}) = 18 and replace(substr({{ bare }}, 9, 9), substr({{ bare }}, 9, 1), '') = '')
{%- endmacro %}

{#- The position of each character in the alphabet of GB 32100, times its weight, summed over the
    first 17. -#}
{% macro credit_code_check_character(code) -%}
    {%- set alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY" -%}
    {%- set weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28] -%}
    substr(
        '{{ alphabet }}',
        mod(
            31 - mod(
                {% for weight in weights -%}
                    (instr('{{ alphabet }}', substr({{ code }}, {{ loop.index }}, 1)) - 1) * {{ weight }}{{ " + " if not loop.last }}
                {%- endfor %},
                31
            ),
            31
        ) + 1,
        1
    )
{%- endmacro %}

{#- The check character of an organization's own eight characters (GB 11714); letters count from A =
    10. -#}
{% macro organization_code_check_character(body) -%}
    {%- set weights = [3, 7, 9, 10, 5, 8, 4, 2] -%}
    substr(
        '0X987654321',
        mod(
            {% for weight in weights -%}
                (instr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', substr({{ body }}, {{ loop.index }}, 1)) - 1) * {{ weight }}{{ " + " if not loop.last }}
            {%- endfor %},
            11
        ) + 1,
        1
    )
{%- endmacro %}

{% macro credit_code_is_valid(code) -%}
    (
        {{ regex_matches(code, "^[0-9A-HJ-NPQRTUWXY]{17}[0-9A-HJ-NPQRTUWXY]$") }}
        and substr({{ code }}, 18, 1) = {{ credit_code_check_character(code) }}
        and substr({{ code }}, 17, 1) = {{ organization_code_check_character("substr(" ~ code ~ ", 9, 8)") }}
    )
{%- endmacro %}

{#- A code with its letters I, O, S, Z read as the digits they resemble: a candidate, never
    published. -#}
{% macro credit_code_candidate(clean) -%}
    translate({{ clean }}, 'IOSZ', '1052')
{%- endmacro %}

{#- valid, confusable (valid if its look-alike letters are digits), registration_no (the 15 digits
    used before 2015), checksum_failed or missing. -#}
{% macro credit_code_status(clean) -%}
    case
        when {{ clean }} is null then 'missing'
        when {{ credit_code_is_valid(clean) }} then 'valid'
        when
            {{ regex_matches(clean, "[IOSZ]") }} and {{ credit_code_is_valid(credit_code_candidate(clean)) }}
            then 'confusable'
        when {{ regex_matches(clean, "^[0-9]{15}$") }} then 'registration_no'
        else 'checksum_failed'
    end
{%- endmacro %}
