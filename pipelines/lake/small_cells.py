"""Secondary suppression of small cells, so that no published figure reveals a handful of people.

The mart hides counts below the project's `smallest_published_count` (primary suppression).
A single hidden cell could still be recovered by subtracting its siblings from their parent,
or a day by subtracting the other days from the month, and a hidden parent by adding up its
children; two hidden cells that total 3 are 1 and 2. The smallest cell that prevents such a
recovery is hidden too, until none is possible.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import yaml

from pipelines.extract.quoting import literal
from pipelines.installation.one_row import one_value

PARENT_LEVELS = ("city", "county", "town")
# Figures that a hidden cell may not show. For an indicator whose measured things are its denominator, a
# coverage of 0.272727 is 3 of 11: the hidden count.
FIGURES = ("numerator", "denominator", "value", "coverage")

# A single hidden cell is disclosed by the total less the shown cells. So are several hidden cells whose
# total is small, or equal to their number, so that each is 1.
_TOLD = "hidden = 1 or hidden > 1 and left_over < greatest($smallest, hidden + 1)"

# Under a shown parent a single hidden child is disclosed; a hidden parent is disclosed if no child is hidden.
_HIDE_BROTHER = f"""
update serving.fct_indicator_values as facts set is_suppressed = true
from (
    with families as (
        select
            children.indicator_code, children.region_code, children.period_grain, children.period_start,
            children.denominator, children.parent_code, children.is_suppressed,
            parents.is_suppressed as is_parent_hidden,
            count(*) filter (where children.is_suppressed) over family as hidden,
            parents.denominator - coalesce(
                sum(children.denominator) filter (where not children.is_suppressed) over family, 0
            ) as left_over
        from serving.fct_indicator_values as children
        inner join serving.fct_indicator_values as parents
            on children.parent_code = parents.region_code and parents.region_level = $level
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
    where not is_suppressed and if(is_parent_hidden, hidden = 0, {_TOLD})
    qualify row_number() over (
        partition by indicator_code, parent_code, period_grain, period_start
        order by denominator, region_code
    ) = 1
) as chosen
where (facts.indicator_code, facts.region_code, facts.period_grain, facts.period_start)
    = (chosen.indicator_code, chosen.region_code, chosen.period_grain, chosen.period_start)
"""

_HIDE_DAY = f"""
update serving.fct_indicator_values as facts set is_suppressed = true
from (
    with days as (
        select
            days.*,
            count(*) filter (where days.is_suppressed) over month_of_region as hidden,
            months.denominator - coalesce(
                sum(days.denominator) filter (where not days.is_suppressed) over month_of_region, 0
            ) as left_over
        from serving.fct_indicator_values as days
        left join serving.fct_indicator_values as months
            on months.period_grain = 'month' and not months.is_suppressed
            and (days.indicator_code, days.region_code, days.period_month)
            = (months.indicator_code, months.region_code, months.period_month)
        where days.period_grain = 'day' and (days.denominator > 0 or days.is_suppressed)
        window month_of_region as (partition by days.indicator_code, days.region_code, days.period_month)
    )
    select indicator_code, region_code, period_start
    from days
    where not is_suppressed and ({_TOLD})
    qualify row_number() over (
        partition by indicator_code, region_code, period_month order by denominator, period_start
    ) = 1
) as chosen
where facts.period_grain = 'day'
    and (facts.indicator_code, facts.region_code, facts.period_start)
    = (chosen.indicator_code, chosen.region_code, chosen.period_start)
"""

_HIDDEN = "select count(*) from serving.fct_indicator_values where is_suppressed"


def smallest_shown(dbt_project: Path) -> int:
    """Return the smallest count that may be shown, read from where the mart has it."""
    project = yaml.safe_load((dbt_project / "dbt_project.yml").read_text(encoding="utf-8"))
    return int(project["vars"]["smallest_published_count"])


def hide_small_cells(connection: duckdb.DuckDBPyConnection, smallest: int) -> int:
    """Apply secondary suppression to `serving.fct_indicator_values`; return the number of hidden cells.

    Args:
        smallest: the `smallest_shown`.
    """
    changed = 1
    while changed:
        changed = one_value(connection.execute(_HIDE_DAY, {"smallest": smallest}))
        for level in PARENT_LEVELS:
            values = {"smallest": smallest, "level": level}
            changed += one_value(connection.execute(_HIDE_BROTHER, values))
    emptied = ", ".join(f"{figure} = null" for figure in FIGURES)
    connection.execute(
        f"update serving.fct_indicator_values set {emptied}, is_rankable = false where is_suppressed"
    )
    return one_value(connection.execute(_HIDDEN))


def cells_left_to_hide(file: Path, smallest: int) -> int:
    """Return how many cells `hide_small_cells` would hide in a serving file beside those that it hides.

    A file is what it was on its day; the suppression may have been tightened since. The file stays as it is.
    """
    with duckdb.connect() as connection:
        connection.execute(f"attach '{literal(str(file))}' as published (read_only)")
        connection.execute("attach ':memory:' as serving")
        connection.execute("create table serving.fct_indicator_values as from published.fct_indicator_values")
        hidden = one_value(connection.execute(_HIDDEN))
        return hide_small_cells(connection, smallest) - hidden
