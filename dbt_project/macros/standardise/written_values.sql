{#- Values as clerks and spreadsheets write them: dates, months, instants and numbers that are texts.

    Each kind has two macros: what a text means (null if nothing), and whether it is written plainly. What is
    read though not written plainly is a repair and counted as one. Most are plain, so that is looked at first. -#}

{#- Half width, without blanks and without the apostrophe that makes a spreadsheet keep a text. -#}
{% macro written_clean(text) -%}
    {{ regex_replace(half_width(text), "^[^0-9A-Za-z一-龥+¥￥-]+") }}
{%- endmacro %}

{#- The same with the blanks that part a day from its hour. -#}
{% macro written_line(text) -%}
    {{ regex_replace(
        "trim(translate(" ~ text ~ ", '０１２３４５６７８９：－／．　', '0123456789:-/. '))", "^[^0-9A-Za-z一-龥+-]+"
    ) }}
{%- endmacro %}

{#- Days that spreadsheets count from 1899-12-30; five digits reach from 1954 to 2064. -#}
{% macro serial_date(clean) -%}
    case
        when {{ regex_matches(clean, "^[2-5][0-9]{4}([.][0-9]+)?$") }}
            then {{ add_days("date '1899-12-30'", "floor(try_cast(" ~ clean ~ " as double))") }}
    end
{%- endmacro %}

{#- The day of 2019-03-05, 20190305, 2019.3.5, 2019年3月5日 or a spreadsheet's 43529; the first of 2019.3. -#}
{% macro date_from_writing(text) -%}
    {%- set clean = written_clean(regex_replace(text, "[ T　]+[0-9０-９]{1,2}[:：].*$")) -%}
    case
        when {{ date_is_plain(text) }} then try_cast({{ text }} as date)
        else coalesce({{ date_from_text(clean) }}, {{ month_from_clean(clean) }}, {{ serial_date(clean) }})
    end
{%- endmacro %}

{% macro date_is_plain(text) -%}
    {{ regex_matches(text, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$") }}
{%- endmacro %}

{#- The first day of the month of 2019-03, 201903, 2019.3, 2019年3月 or of any date. -#}
{% macro month_from_writing(text) -%}
    case
        when {{ regex_matches(text, "^(19|20)[0-9]{2}-[0-9]{2}$") }} then try_cast({{ text }} || '-01' as date)
        else {{ month_start(date_from_writing(text)) }}
    end
{%- endmacro %}

{% macro month_is_plain(text) -%}
    {{ regex_matches(text, "^[0-9]{4}-[0-9]{2}(-01)?$") }}
{%- endmacro %}

{% macro month_from_clean(clean) -%}
    {%- set month = "^((?:19|20)[0-9]{2})[^0-9]{0,1}([0-9]{1,2})[^0-9]{0,2}$" -%}
    case
        when {{ regex_matches(clean, "^((19|20)[0-9]{2})([^0-9][0-9]{1,2}|[0-9]{2})[^0-9]{0,2}$") }}
            then
                try_cast(
                    {{ regex_extract(clean, month, 1) }} || '-' || lpad({{ regex_extract(clean, month, 2) }}, 2, '0')
                    || '-01' as date
                )
    end
{%- endmacro %}

{#- The instant of 2019-03-05 08:05:00, 2019/3/5 8:05, 2019年3月5日8时5分, 20190305080500, a date alone, a
    spreadsheet's 43529.337 or anything in ISO 8601; without a zone it is the city's time. -#}
{% macro timestamp_from_writing(text) -%}
    {%- set line = written_line(text) -%}
    {%- set apart = "^([0-9]{4})[^0-9]+([0-9]{1,2})[^0-9]+([0-9]{1,2})[^0-9]+([0-9]{1,2})[:时]([0-9]{1,2})(?:[^0-9]+([0-9]{1,2}))?[^0-9]*$" -%}
    case
        when {{ timestamp_is_plain(text) }} then try_cast({{ text }} as {{ timestamp_type() }})
        when {{ regex_matches(line, "^[0-9]{14}$") }}
            then
                try_cast(
                    substr({{ line }}, 1, 4) || '-' || substr({{ line }}, 5, 2) || '-' || substr({{ line }}, 7, 2) || ' '
                    || substr({{ line }}, 9, 2) || ':' || substr({{ line }}, 11, 2) || ':' || substr({{ line }}, 13, 2)
                    as {{ timestamp_type() }}
                )
        when {{ regex_matches(line, apart) }}
            then
                try_cast(
                    {% for mark in ["", "-", "-", " ", ":", ":"] -%}
                        '{{ mark }}' || lpad({{ regex_extract(line, apart, loop.index) }}, {{ 4 if loop.first else 2 }}, '0')
                        {{- " || " if not loop.last }}
                    {%- endfor %} as {{ timestamp_type() }}
                )
        when {{ regex_matches(line, "^[2-5][0-9]{4}[.][0-9]+$") }}
            then
                {{ add_seconds(
                    local_midnight(serial_date(line)),
                    "round((try_cast(" ~ line ~ " as double) - floor(try_cast(" ~ line ~ " as double))) * 86400)",
                ) }}
        when {{ regex_matches(line, "[:时]") }} then null
        else {{ local_midnight(date_from_writing(text)) }}
    end
{%- endmacro %}

{% macro timestamp_is_plain(text) -%}
    {{ regex_matches(
        text,
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?$",
    ) }}
{%- endmacro %}

{#- The number of 1,200.50元, ￥300, １２, '7 or 1.5万; null if the text holds more than a number and its unit. Six
    decimals, as coordinates have. Up to twelve digits before them fit a number of 64 bits, which is read a hundred
    times as fast as a longer one. -#}
{% macro number_from_writing(text) -%}
    {%- set clean = regex_replace(written_clean(text), "[,，]") -%}
    {%- set number = "^(?:约|¥|￥|RMB|人民币)?([+-]?[0-9]+(?:[.][0-9]+)?)(万)?[^0-9.]{0,6}$" -%}
    case
        when {{ regex_matches(text, "^-?[0-9]{1,12}([.][0-9]{1,6})?$") }} then try_cast({{ text }} as decimal(18, 6))
        when {{ regex_matches(clean, number) }}
            then
                try_cast({{ regex_extract(clean, number, 1) }} as decimal(24, 6))
                * case when {{ regex_extract(clean, number, 2) }} = '万' then 10000 else 1 end
    end
{%- endmacro %}

{% macro number_is_plain(text) -%}
    {{ regex_matches(text, "^-?[0-9]+([.][0-9]{1,6})?$") }}
{%- endmacro %}

{#- Letters and digits in half width, no blanks at the ends; Chinese marks and blanks between words stay. -#}
{% macro text_from_writing(text) -%}
    nullif(
        trim(
            translate(
                {{ text }},
                '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ　',
                '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz '
            )
        ),
        ''
    )
{%- endmacro %}

{% macro text_is_full_width(text) -%}
    {{ regex_matches(text, "[０-９Ａ-Ｚａ-ｚ　]") }}
{%- endmacro %}
