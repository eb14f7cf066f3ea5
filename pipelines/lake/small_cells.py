"""Closing the ways back to small cells, so that no figure tells about a handful of people.

The mart hides counts of 1 to 4. One hidden cell among its brothers could be had
by subtraction from their parent, or from the month when it is a day, and a
hidden parent could be had by adding up its children; here the smallest cell
that closes such a way is hidden too, until none is left.
"""

from __future__ import annotations

import duckdb

PARENT_LEVELS = ("city", "county", "town")
# What a hidden cell may not show. Of an indicator whose measured things are its denominator, the coverage
# 0.272727 is 3 of 11: the count that is hidden.
FIGURES = ("numerator", "denominator", "value", "coverage")

# Under a shown parent one hidden child betrays itself; under a hidden parent no hidden child betrays it.
_HIDE_BROTHER = """
update serving.fct_indicator_values as facts set is_suppressed = true
from (
    with families as (
        select
            children.indicator_code, children.region_code, children.period_grain, children.period_start,
            children.denominator, children.parent_code, children.is_suppressed,
            parents.is_suppressed as is_parent_hidden,
            count(*) filter (where children.is_suppressed) over family as hidden
        from serving.fct_indicator_values as children
        inner join serving.fct_indicator_values as parents
            on children.parent_code = parents.region_code and parents.region_level = ?
            and (children.indicator_code, children.period_grain, children.period_start)
            = (parents.indicator_code, parents.period_grain, parents.period_start)
        where children.denominator > 0 or children.is_suppressed
        window family as (
            partition by children.indicator_code, children.parent_code, children.period_grain,
            children.period_start
        )
    )
    select indicator_code, region_code, period_grain, period_start
    from families
    where not is_suppressed and hidden = if(is_parent_hidden, 0, 1)
    qualify row_number() over (
        partition by indicator_code, parent_code, period_grain, period_start
        order by denominator, region_code
    ) = 1
) as chosen
where (facts.indicator_code, facts.region_code, facts.period_grain, facts.period_start)
    = (chosen.indicator_code, chosen.region_code, chosen.period_grain, chosen.period_start)
"""

_HIDE_DAY = """
update serving.fct_indicator_values as facts set is_suppressed = true
from (
    with days as (
        select *, count(*) filter (where is_suppressed) over month_of_region as hidden
        from serving.fct_indicator_values
        where period_grain = 'day' and (denominator > 0 or is_suppressed)
        window month_of_region as (partition by indicator_code, region_code, period_month)
    )
    select indicator_code, region_code, period_start
    from days
    where not is_suppressed and hidden = 1
    qualify row_number() over (
        partition by indicator_code, region_code, period_month order by denominator, period_start
    ) = 1
) as chosen
where facts.period_grain = 'day'
    and (facts.indicator_code, facts.region_code, facts.period_start)
    = (chosen.indicator_code, chosen.region_code, chosen.period_start)
"""


def hide_small_cells(connection: duckdb.DuckDBPyConnection) -> int:
    """Hide what betrays hidden cells in `serving.fct_indicator_values`; returns how many are hidden."""
    changed = 1
    while changed:
        changed = connection.execute(_HIDE_DAY).fetchone()[0]
        for level in PARENT_LEVELS:
            changed += connection.execute(_HIDE_BROTHER, [level]).fetchone()[0]
    emptied = ", ".join(f"{figure} = null" for figure in FIGURES)
    connection.execute(
        f"update serving.fct_indicator_values set {emptied}, is_rankable = false where is_suppressed"
    )
    return connection.execute(
        "select count(*) from serving.fct_indicator_values where is_suppressed"
    ).fetchone()[0]
