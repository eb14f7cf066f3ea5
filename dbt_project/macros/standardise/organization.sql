{#- An organization's name without parts that writers add or omit: leading divisions, 责任 in the legal
    form, a trailing branch or headquarters, the short forms of committees. Two organizations may
    share it. -#}
{% macro organization_name_key(name) -%}
    {%- set written = half_width(name) -%}
    {%- set city = var("address_city") -%}
    {%- set place = "^(" ~ var("address_province") ~ "省?)?(" ~ city ~ "市?)?(" ~ var("address_counties") ~ ")?" -%}
    {%- set behind = "(" ~ city ~ "?分公司|分店|[(](分部|总部)[)])$" -%}
    {%- set short = "replace(replace(replace(" ~ written ~ ", '有限责任公司', '有限公司'), '居委会', '居民委员会'), '村委会', '村民委员会')" -%}
    nullif({{ regex_replace(regex_replace(short, place), behind) }}, '')
{%- endmacro %}

{#- An organization's own nine characters (GB 11714) within a code of 18, if their check character is
    valid. -#}
{% macro organization_body(code) -%}
    case
        when
            length({{ code }}) = 18
            and substr({{ code }}, 17, 1) = {{ organization_code_check_character("substr(" ~ code ~ ", 9, 8)") }}
            then substr({{ code }}, 9, 9)
    end
{%- endmacro %}

{#- The number of columns in which two records agree. -#}
{% macro count_agreements(left, right, columns) -%}
    {%- for column in columns -%}
        case when {{ left }}.{{ column }} = {{ right }}.{{ column }} then 1 else 0 end{{ " + " if not loop.last }}
    {%- endfor %}
{%- endmacro %}
