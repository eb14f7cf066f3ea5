{#- Values as written by clerks and spreadsheets: dates, months, timestamps and numbers stored as
    text.

    Each kind has two macros: the value of a text (null if none), and whether it is in plain form. A
    value read from another form counts as a repair; ambiguous text is not read. Most are plain, so
    that is tested first. -#}

{#- Half-width, without spaces and without the apostrophe that makes a spreadsheet keep text. -#}
{% macro written_clean(text) -%}
    {{ regex_replace(half_width(text), "^[^0-9A-Za-z一-龥+¥￥-]+") }}
{%- endmacro %}

{#- The same, keeping the spaces that separate a day from its time. -#}
{% macro written_line(text) -%}
    {{ regex_replace(
        "trim(translate(" ~ text ~ ", '０１２３４５６７８９：－／．　', '0123456789:-/. '))", "^[^0-9A-Za-z一-龥+-]+"
    ) }}
{%- endmacro %}

{#- Days that spreadsheets count from 1899-12-30; five digits cover 1954 to 2064. -#}
{% macro serial_date(clean) -%}
    case
        when {{ regex_matches(clean, "^[2-5][0-9]{4}([.][0-9]+)?$") }}
            then {{ add_days("date '1899-12-30'", "floor(try_cast(" ~ clean ~ " as double))") }}
    end
{%- endmacro %}

{#- The day of 2019-03-05, 20190305, 2019.3.5, 2019年3月5日 or a spreadsheet's 43529; the first of the
    month for 2019.3. Six digits are read as a month unless they may be a day of this century: 201903
    is, 190305 is not. -#}
{% macro date_from_writing(text) -%}
    {%- set clean = written_clean(regex_replace(text, "[ T　]+[0-9０-９]{1,2}[:：].*$")) -%}
    case
        when {{ date_is_plain(text) }} then try_cast({{ text }} as date)
        when {{ regex_matches(clean, "^[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$") }} then null
        else coalesce({{ date_from_text(clean) }}, {{ month_from_clean(clean) }}, {{ serial_date(clean) }})
    end
{%- endmacro %}

{% macro date_is_plain(text) -%}
    {{ regex_matches(text, "^[0-9]{4}-[0-9]{2}-[0-9]{2}$") }}
{%- endmacro %}

{#- The first day of the month of 2019-03, 201903, 2019.3, 2019年3月 or any date. -#}
{% macro month_from_writing(text) -%}
    case
        when {{ regex_matches(text, "^(19|20)[0-9]{2}-[0-9]{2}$") }} then try_cast({{ text }} || '-01' as date)
        else coalesce({{ month_from_clean(written_clean(text)) }}, {{ month_start(date_from_writing(text)) }})
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

{#- The instant of 2019-03-05 08:05:00, 2019/3/5 8:05, 2019年3月5日8时5分, 下午3:05, 3:05 PM,
    20190305080500, a date alone, a spreadsheet's 43529.337 or anything in ISO 8601; without a zone
    it is the city's time. -#}
{% macro timestamp_from_writing(text) -%}
    {%- set line = "upper(" ~ written_line(text) ~ ")" -%}
    {%- set apart = "^([0-9]{4})[-/.年] ?([0-9]{1,2})[-/.月] ?([0-9]{1,2})[日号]?[ T]*(上午|凌晨|下午|晚上|AM|PM)? *([0-9]{1,2})[:时点]([0-9]{1,2})(?:[:分]([0-9]{1,2}))?[分秒]? *(AM|PM)? *(Z|[+-][0-9]{2}(?:[:]?[0-9]{2})?)?$" -%}
    {%- set hour = hour_of_day(
        "try_cast(" ~ regex_extract(line, apart, 5) ~ " as integer)",
        regex_extract(line, apart, 4) ~ " || " ~ regex_extract(line, apart, 8),
    ) -%}
    {%- set date_alone = "^([0-9]+|[0-9]{4}[^0-9]+[0-9]{1,2}([^0-9]+[0-9]{1,2})?[^0-9]{0,2})$" -%}
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
                    {{ regex_extract(line, apart, 1) }} || '-'
                    || lpad({{ regex_extract(line, apart, 2) }}, 2, '0') || '-'
                    || lpad({{ regex_extract(line, apart, 3) }}, 2, '0') || ' '
                    || lpad(cast({{ hour }} as {{ text_type() }}), 2, '0') || ':'
                    || lpad({{ regex_extract(line, apart, 6) }}, 2, '0') || ':'
                    || lpad({{ regex_extract(line, apart, 7) }}, 2, '0') || {{ regex_extract(line, apart, 9) }}
                    as {{ timestamp_type() }}
                )
        when {{ regex_matches(line, "^[2-5][0-9]{4}[.][0-9]+$") }}
            then
                {{ add_seconds(
                    local_midnight(serial_date(line)),
                    "round((try_cast(" ~ line ~ " as double) - floor(try_cast(" ~ line ~ " as double))) * 86400)",
                ) }}
        when {{ regex_matches(line, date_alone) }} then {{ local_midnight(date_from_writing(text)) }}
    end
{%- endmacro %}

{#- The hour from 0 to 23 of one written with its half of the day; null if ambiguous, such as 晚上12. -#}
{% macro hour_of_day(hour, half) -%}
    case
        when {{ half }} = '' then {{ hour }}
        when {{ half }} = '上午' and {{ hour }} < 12 then {{ hour }}
        when {{ half }} in ('凌晨', 'AM') and {{ hour }} <= 12 then mod({{ hour }}, 12)
        when {{ half }} in ('下午', 'PM') and {{ hour }} between 1 and 11 then {{ hour }} + 12
        when {{ half }} in ('下午', 'PM') and {{ hour }} >= 12 then {{ hour }}
        when {{ half }} = '晚上' and {{ hour }} between 5 and 11 then {{ hour }} + 12
        when {{ half }} = '晚上' and {{ hour }} between 17 and 23 then {{ hour }}
    end
{%- endmacro %}

{% macro timestamp_is_plain(text) -%}
    {{ regex_matches(
        text,
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?$",
    ) }}
{%- endmacro %}

{#- The number of 1,200.50元, ￥300, １２, '7, 1.5万, 5千元 or 3亿; null if the text holds more than a number
    and its unit: a range, a sum in brackets, a comma that separates no thousands. 千 before 克, 米 or 瓦
    belongs to the unit. Six decimals, as in coordinates. Up to twelve integer digits fit a 64-bit
    number, which is read a hundred times as fast as a longer one. -#}
{% macro number_from_writing(text) -%}
    {%- set clean = regex_replace(half_width(text), "^[^0-9A-Za-z一-龥+¥￥(.,<>~≈≥≤＜＞～-]+") -%}
    {%- set unit = "[^0-9.,，+~()十百千万亿半-]{0,6}" -%}
    {%- set number = "^(?:约|¥|￥|RMB|人民币)?([+-]?(?:[0-9]{1,3}(?:[,，][0-9]{3})+|[0-9]+)(?:[.][0-9]+)?)(?:千[克米瓦卡帕伏赫焦]|([十百千]?[万亿]|[十百千]|万亿)?)" ~ unit ~ "(?:[(]" ~ unit ~ "[)])?$" -%}
    case
        when {{ regex_matches(text, "^-?[0-9]{1,12}([.][0-9]{1,6})?$") }} then try_cast({{ text }} as decimal(18, 6))
        {#- Spaces are gone from the cleaned text; between digits they separate two numbers. K and W
            may be multipliers. -#}
        when {{ regex_matches(text, "[0-9０-９.．][ 　]+[0-9０-９.．]|[0-9０-９][kKwWｋＫｗＷ]元?$") }} then null
        when {{ regex_matches(clean, number) }}
            then
                try_cast(
                    try_cast(
                        {{ regex_replace(regex_extract(clean, number, 1), "[,，]") }} as decimal(24, 6)
                    ) * {{ written_multiple(regex_extract(clean, number, 2)) }} as decimal(34, 6)
                )
    end
{%- endmacro %}

{% macro written_multiple(word) -%}
    case {{ word }}
        {% for multiple, zeros in {
            "十": 1, "百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "十亿": 9, "百亿": 10, "千亿": 11,
            "万亿": 12,
        }.items() -%}
            when '{{ multiple }}' then cast(1{{ "0" * zeros }} as decimal(13, 0))
        {% endfor -%}
        else cast(1 as decimal(13, 0))
    end
{%- endmacro %}

{% macro number_is_plain(text) -%}
    {{ regex_matches(text, "^-?[0-9]+([.][0-9]+)?$") }}
{%- endmacro %}

{#- Whether a number has more than the six decimals that are kept. -#}
{% macro number_is_rounded(text) -%}
    {{ regex_matches(text, "[.][0-9]{6}[0-9]*[1-9]") }}
{%- endmacro %}

{#- Letters and digits in half-width, trimmed; Chinese punctuation and spaces between words stay. -#}
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
