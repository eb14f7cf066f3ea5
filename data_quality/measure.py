"""Measure rules on one slice with our own SQL: good rows over evaluated rows, failing keys.

The slice is a view on the exact file to be delivered. Each rule becomes one boolean column, null where the
rule does not apply, so that consumers of the result see booleans and never personal values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from data_quality.rules import Rule
from pipelines.installation.one_row import one_row, one_value

ROWS, WHOLE = "checked_rows", "checked_slice"
Control = int | float | str | date | None


@dataclass(frozen=True)
class Measure:
    """How many elements a rule evaluated and how many were good.

    `observed` is the value that a slice rule compared, if any.
    """

    rule: Rule
    evaluated: int
    good: int
    observed: float | None = None

    @property
    def value(self) -> float | None:
        """The share of good elements; None if nothing was evaluated."""
        return self.good / self.evaluated if self.evaluated else None

    @property
    def outcome(self) -> str:
        """`pass`, `fail` or `not_evaluable`; an empty denominator is never a pass."""
        if self.value is None:
            return "not_evaluable"
        return "pass" if self.value >= self.rule.minimum else "fail"


def open_slice(
    database: Path,
    slice_file: Path,
    key: str,
    rules: Iterable[Rule],
    references: Mapping[str, pa.Table],
    controls: Mapping[str, Control],
) -> duckdb.DuckDBPyConnection:
    """Create a DuckDB file at `database` with the view `slice` and its boolean tables.

    These are `checked_rows` and `checked_slice`. `key` is the slice's pseudonymous key column; rules may read
    `references` as tables and `controls` as the single row of the table `control`.

    Raises:
        RuntimeError: a rule's SQL does not run on the slice; names the rule.
    """
    connection = duckdb.connect(str(database), config={"threads": 2, "memory_limit": "1GB"})
    try:
        _read_compared(connection, references, controls)
        connection.execute(f"create view slice as from read_parquet('{_quoted(slice_file)}')")
        # Rules are user-written SQL: they may read the slice and its comparison tables, but no other file.
        connection.execute(f"set allowed_directories = ['{_quoted(slice_file.parent)}/']")
        connection.execute("set enable_external_access = false")
        _create_checked(connection, list(rules), key)
    except BaseException:
        # Otherwise reopening the file in this process would return this same database.
        connection.close()
        raise
    return connection


def _read_compared(
    connection: duckdb.DuckDBPyConnection, references: Mapping[str, pa.Table], controls: Mapping[str, Control]
) -> None:
    for name, table in references.items():
        connection.register("incoming", table)
        connection.execute(f'create table "{name}" as from incoming')
        connection.unregister("incoming")
    names = ", ".join(f"? as {name}" for name in controls)
    connection.execute(f"create table control as select {names}", list(controls.values()))


def measure(connection: duckdb.DuckDBPyConnection, rules: Iterable[Rule]) -> list[Measure]:
    """Count every rule from the booleans of `open_slice`, in one pass per table."""
    rules = list(rules)
    counts: dict[str, tuple[int, int]] = {}
    for table in (ROWS, WHOLE):
        codes = [rule.code for rule in rules if checked_table(rule) == table]
        if codes:
            columns = ", ".join(f'count("{code}"), count(*) filter (where "{code}")' for code in codes)
            row = one_row(connection.execute(f"select {columns} from {table}"))
            counts |= {code: (row[2 * at], row[2 * at + 1]) for at, code in enumerate(codes)}
    return [Measure(rule, *counts[rule.code], _observed(connection, rule)) for rule in rules]


def _observed(connection: duckdb.DuckDBPyConnection, rule: Rule) -> float | None:
    if not rule.observed:
        return None
    # Only a number may be copied into the evidence.
    return one_value(connection.execute(f"select try_cast({rule.observed} as double)"))


def failing_keys(connection: duckdb.DuckDBPyConnection, measures: Iterable[Measure]) -> pa.Table:
    """Return (rule_code, row_key) of every failing row; keys are pseudonyms, never values."""
    codes = [m.rule.code for m in measures if m.good < m.evaluated and checked_table(m.rule) == ROWS]
    selects = [f"select '{code}' as rule_code, row_key from {ROWS} where not \"{code}\"" for code in codes]
    nothing = "select '' as rule_code, '' as row_key where false"
    return connection.execute(" union all ".join([nothing, *selects])).to_arrow_table()


def checked_table(rule: Rule) -> str:
    """Return the boolean table that holds a rule's column."""
    return WHOLE if rule.kind in ("slice", "columns") else ROWS


def _create_checked(connection: duckdb.DuckDBPyConnection, rules: list[Rule], key: str) -> None:
    present = [row[0] for row in connection.execute("describe slice").fetchall()]
    row_key = f"slice.{key}" if key in present else "null::varchar"
    for table, first, source in (
        (ROWS, f"{row_key} as row_key", "from slice cross join control"),
        (WHOLE, "1 as slice_number", ""),
    ):
        chosen = {rule.code: _boolean(rule, present) for rule in rules if checked_table(rule) == table}
        columns = [first, *[f'{boolean} as "{code}"' for code, boolean in chosen.items()]]
        try:
            # A table, not a view: rules are computed once, and the engines only count booleans.
            connection.execute(f"create table {table} as select {', '.join(columns)} {source}")
        except duckdb.Error:
            raise RuntimeError(_which_fails(connection, chosen, source)) from None


def _boolean(rule: Rule, present: list[str]) -> str:
    if rule.kind == "row":
        return f"case when {rule.where} then coalesce(({rule.good}), false) end"
    if rule.kind == "not_null":
        return f"({rule.good} is not null)"
    if rule.kind == "unique":
        return f"(count(*) over (partition by {rule.good}) = 1)"
    if rule.kind == "columns":
        return str(rule.good == ",".join(present)).lower()
    return f"({rule.good})"


def _which_fails(connection: duckdb.DuckDBPyConnection, booleans: dict[str, str], source: str) -> str:
    for code, boolean in booleans.items():
        try:
            connection.execute(f"select count(good) from (select {boolean} as good {source})")
        except duckdb.Error as error:
            # Binder messages name columns; other messages may quote a value, so they are not repeated.
            binder = isinstance(error, duckdb.BinderException)
            detail = str(error).splitlines()[0] if binder else type(error).__name__
            return f"Quality rule '{code}' does not run on the slice: {detail}. Correct it in the contract."
    return "The quality rules could not be computed together. Check memory and the contract's rules."


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
