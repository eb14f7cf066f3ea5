{#- The expression is true in every row; null counts as false. -#}
{% test expression_holds(model, expression, condition="true") %}

select *
from {{ model }}
where {{ condition }} and not coalesce({{ expression }}, false)

{% endtest %}
