"""Choose which records carry which faults.

A relation to be dirtied has a bigint `row_no` and the columns by which its faults select eligible rows.
Faults of one group are mutually exclusive, because they would be written into the same column.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import duckdb

from pipelines.installation.one_row import one_value
from simulator.dirt.rates import LEAST_PERCENT, drawn


class Fault(NamedTuple):
    """A kind of dirt: its exclusive group, the column it corrupts, and the eligible rows."""

    dirt_type: str
    group: str
    column: str
    eligible: str = "true"


def plant(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    faults: Iterable[Fault],
    seed: int,
    rates: Mapping[str, float] | None = None,
) -> None:
    """Create `plan_<table>(row_no, fault_group, column_name, dirt_type)` for relation `rows_<table>`.

    `rates` are the minimum percentages by kind of dirt; defaults to `LEAST_PERCENT[table]`.
    """
    least = LEAST_PERCENT[table] if rates is None else rates
    rows, plan = f"rows_{table}", f"plan_{table}"
    connection.execute(
        f"create or replace table {plan} "
        "(row_no bigint, fault_group varchar, column_name varchar, dirt_type varchar)"
    )
    total = one_value(connection.execute(f"select count(*) from {rows}"))
    for fault in faults:
        wanted = math.ceil(drawn(seed, table, fault.dirt_type, least[fault.dirt_type]) * total)
        connection.execute(
            f"insert into {plan} select row_no, '{fault.group}', '{fault.column}', '{fault.dirt_type}' "
            f"from {rows} as r where ({fault.eligible}) and not exists "
            f"(select 1 from {plan} as p where p.row_no = r.row_no and p.fault_group = '{fault.group}') "
            f"order by u('{table} {fault.dirt_type}', row_no), row_no limit {wanted}"
        )


def widen(connection: duckdb.DuckDBPyConnection, table: str, groups: Iterable[str]) -> None:
    """Create the view `faulty_<table>`: the rows with one `<group>_fault` column for each group.

    A view, because copying the wide rows again costs more than the join.
    """
    columns = ", ".join(f"max(dirt_type) filter (fault_group = '{g}') as {g}_fault" for g in groups)
    connection.execute(
        f"create or replace table wide_{table} as select row_no, {columns} from plan_{table} group by row_no"
    )
    connection.execute(
        f"create or replace view faulty_{table} as select r.*, w.* exclude (row_no) "
        f"from rows_{table} as r left join wide_{table} as w using (row_no)"
    )
