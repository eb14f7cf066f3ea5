{#- Full-width letters, digits and punctuation to half-width; all whitespace removed.

    Nearly every text has neither, and testing first is ten times as fast as translating all. -#}
{% macro half_width(text) -%}
    case
        when {{ regex_matches(text, "[　、！-～—–]") }}
            then
                translate(
                    {{ text }},
                    '０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ－—–＃（）．，、；／＋：　 ',
                    '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz---#().,,;/+:'
                )
        else replace({{ text }}, ' ', '')
    end
{%- endmacro %}

{#- Chinese digits, digit by digit; tens are handled by `chinese_number`. -#}
{% macro chinese_digits(text) -%}
    translate({{ text }}, '零〇○一二三四五六七八九两', '0001234567892')
{%- endmacro %}

{#- A number in Arabic or Chinese form (3, 三, 十二, 二十三, 三零一) as an integer; null if it is not one. -#}
{% macro chinese_number(text) -%}
    {%- set digits = chinese_digits(text) -%}
    case
        when {{ regex_matches(text, "^[0-9]+$") }} then try_cast({{ text }} as integer)
        when {{ text }} like '%十%'
            then
                coalesce(try_cast(nullif(split_part({{ digits }}, '十', 1), '') as integer), 1) * 10
                + coalesce(try_cast(nullif(split_part({{ digits }}, '十', 2), '') as integer), 0)
        else try_cast({{ digits }} as integer)
    end
{%- endmacro %}

{#- Whether a text is already a plain number: most are, and testing first avoids the cost of other
    forms. -#}
{% macro is_plain_number(text) -%}
    {{ regex_matches(text, "^[1-9][0-9]{0,8}$") }}
{%- endmacro %}

{#- The number of leading characters in which two texts differ. -#}
{% macro differing_characters(text, other, characters) -%}
    (
        {% for place in range(1, characters + 1) -%}
            case when substr({{ text }}, {{ place }}, 1) <> substr({{ other }}, {{ place }}, 1) then 1 else 0 end
            {{- " + " if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
