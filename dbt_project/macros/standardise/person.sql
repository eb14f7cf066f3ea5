{#- A name in comparable form: no spaces, one kind of middle dot, no form of address; null if too
    long for a name. Nearly every name is just two or three characters, so testing for that first is
    cheaper. -#}
{% macro name_standard(text) -%}
    {%- set address = "(先生|女士|小姐|同志)$" -%}
    case
        when {{ regex_matches(text, "^[一-龥]{2,3}$") }} and not {{ regex_matches(text, address) }} then {{ text }}
        when {{ is_name_too_long(text) }} then null
        else nullif(
            {{ regex_replace("translate(upper(" ~ half_width(text) ~ "), '•‧・.．●', '······')", address) }}, ''
        )
    end
{%- endmacro %}

{#- Longer than any name: the widest name column in the contracts holds sixty characters. -#}
{% macro is_name_too_long(text) -%}
    length({{ text }}) > 60
{%- endmacro %}

{#- Whether a name may be the original of `unreadable`, whose rare characters became question marks.
    All other characters match literally; without an explicit escape character Spark would use the
    backslash. -#}
{% macro may_be_written(name, unreadable) -%}
    {{ name }} like replace(replace({{ unreadable }}, '!', '!!'), '?', '_') escape '!'
{%- endmacro %}

{#- The first mobile number in a text, eleven digits; null for none and for placeholders. -#}
{% macro phone_mobile(text) -%}
    {%- set digits = regex_replace(half_width(text), "[^0-9,;/]") -%}
    {%- set mobile = regex_extract(digits, "(?:^|[,;/])(?:0086|86)?(1[3-9][0-9]{9})(?:$|[,;/])") -%}
    case
        when {{ phone_is_plain(text) }} then case when not ({{ phone_is_placeholder(text) }}) then {{ text }} end
        when not ({{ phone_is_placeholder(digits) }}) then nullif({{ mobile }}, '')
    end
{%- endmacro %}

{#- Exactly eleven digits, as nearly every telephone is written. -#}
{% macro phone_is_plain(text) -%}
    {{ regex_matches(text, "^1[3-9][0-9]{9}$") }}
{%- endmacro %}

{#- Numbers entered only to fill a mandatory field. -#}
{% macro phone_is_placeholder(digits) -%}
    {{ digits }} = '' or {{ regex_matches(
        digits,
        "^(?:0086|86)?(13800138000|13800000000|13000000000|12345678901|1(1{10}|2{10}|3{10}|5{10}|8{10}|9{10})|13(1{9}|3{9}|8{9}|9{9})|15(5{9})|18(8{9})|0+|9+)$",
    ) }}
{%- endmacro %}

{#- The GB/T 2261.1 code (0 unknown, 1 male, 2 female, 9 not stated) of a written sex; null if it is
    none. -#}
{% macro sex_code_from_writing(text) -%}
    {%- set clean = "upper(" ~ half_width(text) ~ ")" -%}
    case
        when {{ sex_is_plain(text) }} then {{ text }}
        when {{ regex_matches(clean, "^(男性?|M|MALE)$") }} then '1'
        when {{ regex_matches(clean, "^(女性?|F|FEMALE)$") }} then '2'
        when {{ sex_is_plain(clean) }} then {{ clean }}
    end
{%- endmacro %}

{% macro sex_is_plain(text) -%}
    {{ text }} in ('0', '1', '2', '9')
{%- endmacro %}

{#- A birth date in the form that nearly every source writes or stores. -#}
{% macro birth_is_plain(text) -%}
    {{ regex_matches(text, "^[0-9]{4}(-[0-9]{2}-[0-9]{2}( 00:00:00.*)?|[0-9]{4})$") }}
{%- endmacro %}

{#- A date written as 20190305, 2019-03-05, 2019.3.5 or 2019年3月5日; null if it is not a date. -#}
{% macro date_from_text(text) -%}
    {%- set clean = half_width(text) -%}
    {%- set apart = "^([0-9]{4})[^0-9]+([0-9]{1,2})[^0-9]+([0-9]{1,2})(?:[^0-9]|$)" -%}
    case
        when {{ date_is_plain(text) }} then try_cast({{ text }} as date)
        when {{ regex_matches(clean, "^[0-9]{8}$") }}
            then
                try_cast(
                    substr({{ clean }}, 1, 4) || '-' || substr({{ clean }}, 5, 2) || '-' || substr({{ clean }}, 7, 2) as date
                )
        when {{ regex_matches(clean, apart) }}
            then
                try_cast(
                    {{ regex_extract(clean, apart, 1) }} || '-'
                    || lpad({{ regex_extract(clean, apart, 2) }}, 2, '0') || '-'
                    || lpad({{ regex_extract(clean, apart, 3) }}, 2, '0')
                    as date
                )
    end
{%- endmacro %}

{#- The known slip that turns the true birth date into the recorded one; null if they agree.

    A default of 01-01 keeps the year. A lunar date lies 17 to 55 days before the solar one. -#}
{% macro birth_slip(recorded, true_date, text) -%}
    case
        -- The lunar calendar has a 30th of February; the solar one does not.
        when {{ recorded }} is null and {{ regex_matches(half_width(text), "^[0-9]{8}$") }} then 'birth_lunar'
        when {{ recorded }} = {{ true_date }} then null
        when
            extract(year from {{ recorded }}) = extract(year from {{ true_date }})
            and extract(month from {{ recorded }}) = extract(day from {{ true_date }})
            and extract(day from {{ recorded }}) = extract(month from {{ true_date }})
            then 'birth_swapped'
        when
            extract(month from {{ recorded }}) = 1 and extract(day from {{ recorded }}) = 1
            and abs(extract(year from {{ recorded }}) - extract(year from {{ true_date }})) <= 1
            then 'birth_default'
        when
            abs(extract(year from {{ recorded }}) - extract(year from {{ true_date }})) = 1
            and extract(month from {{ recorded }}) = extract(month from {{ true_date }})
            and extract(day from {{ recorded }}) = extract(day from {{ true_date }})
            then 'birth_year_off'
        when {{ days_between(recorded, true_date) }} between 15 and 56 then 'birth_lunar'
    end
{%- endmacro %}
