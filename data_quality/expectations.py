"""Great Expectations: build and run a slice's suite on booleans only.

Everything specific to the library is here, including the one patch that version 1.24 needs to run on DuckDB.
It sees only the boolean columns of `data_quality.measure`, so none of its result objects can contain personal
values.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import event
from sqlalchemy.pool import Pool

from data_quality.measure import ROWS, WHOLE, Measure, checked_table
from data_quality.rules import Rule

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
    from sqlalchemy.engine.interfaces import DBAPIConnection

BOOLEAN_ONLY: Final = "BOOLEAN_ONLY"


class ExpectationError(RuntimeError):
    """The suite could not be run, or its result disagrees with our own measure."""


def build_suite(name: str, rules: Iterable[Rule]) -> ExpectationSuite:
    """Return a suite with one expectation per rule: its boolean column is true in at least `minimum`."""
    import great_expectations as gx
    from great_expectations.expectations.core.expect_column_values_to_be_in_set import (
        ExpectColumnValuesToBeInSet,
    )
    from great_expectations.expectations.metadata_types import FailureSeverity

    return gx.ExpectationSuite(
        name=name,
        expectations=[
            ExpectColumnValuesToBeInSet(
                column=rule.code,
                value_set=[True],
                mostly=rule.minimum,
                meta={"rule": rule.code, "indicator": rule.indicator, "owner": rule.owner},
                severity=FailureSeverity.CRITICAL if rule.severity == "blocker" else FailureSeverity.WARNING,
            )
            for rule in rules
        ],
    )


def run_suites(database: Path, name: str, measures: Iterable[Measure]) -> dict[str, bool]:
    """Run the rules as suites on the booleans in the DuckDB file `database`; returns rule code → met.

    Rules with nothing to evaluate are skipped, because the library reports an empty column as a success.

    Raises:
        ExpectationError: an expectation raised, or its result differs from the measure.
    """
    measures = [item for item in measures if item.evaluated]
    outcome: dict[str, bool] = {}
    with _connections_closed_after(database) as source:
        for table in (ROWS, WHOLE):
            rules = [item.rule for item in measures if checked_table(item.rule) == table]
            if rules:
                outcome |= _validate(source, table, build_suite(f"{name}.{table}", rules))
    _must_agree(outcome, measures)
    return outcome


def _open_source(database: Path) -> SQLDatasource:
    """Return the DuckDB file as a data source of a context that writes nothing to disk."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    _accept_duckdb()
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    silent = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
    )
    context = gx.get_context(mode="ephemeral", project_config=silent)
    return context.data_sources.add_sql(
        "slice", connection_string=f"duckdb:///{database}", create_temp_table=False
    )


def _validate(source: SQLDatasource, table: str, suite: ExpectationSuite) -> dict[str, bool]:
    asset = source.add_table_asset(table, table_name=table)
    batch = asset.add_batch_definition_whole_table("whole").get_batch()
    return _read(batch.validate(suite, result_format=BOOLEAN_ONLY))


def _read(result: ExpectationSuiteValidationResult) -> dict[str, bool]:
    outcome = {}
    for item in result.results:
        if item.expectation_config is None:
            raise ExpectationError(
                "Great Expectations does not say which rule a result belongs to. Nothing was published."
            )
        code = item.expectation_config.kwargs["column"]
        if _raised(item.exception_info):
            raise ExpectationError(
                f"Great Expectations could not evaluate rule '{code}'. Nothing was published. "
                "Run tests/data_quality/test_expectations.py: the library may have changed."
            )
        outcome[code] = bool(item.success)
    return outcome


def _raised(information: dict) -> bool:
    """Return whether a metric raised; the library nests the flag by metric only if one failed."""
    if "raised_exception" in information:
        return bool(information["raised_exception"])
    return any(_raised(nested) for nested in information.values() if isinstance(nested, dict))


def _must_agree(outcome: dict[str, bool], measures: list[Measure]) -> None:
    differing = [m.rule.code for m in measures if outcome.get(m.rule.code) != (m.outcome == "pass")]
    if differing:
        raise ExpectationError(
            f"Great Expectations and the platform's own count disagree on {', '.join(differing)}. "
            "Nothing was published; the previous version stays served."
        )


@contextmanager
def _connections_closed_after(database: Path) -> Iterator[SQLDatasource]:
    """Close all connections on exit: the library keeps its connection open, and the driver its cursors."""
    opened: list[DBAPIConnection] = []

    def remember(connection: DBAPIConnection, _record: object) -> None:
        opened.append(connection)

    event.listen(Pool, "connect", remember)
    try:
        source = _open_source(database)
        yield source
        held = source.get_execution_engine()
        if held._connection:
            held._connection.close()
        held.engine.dispose()
    finally:
        event.remove(Pool, "connect", remember)
        for connection in opened:
            connection.close()


class _Dialect(str):
    """A dialect name that compares as a string and has the `value` of an enum member."""

    @property
    def value(self) -> str:
        return str(self)


def _accept_duckdb() -> None:
    """Keep the connection open while results are fetched, as for SQLite.

    Version 1.24 closes it first for every dialect outside a private list (upstream issue 11579), and then
    every expectation fails. Remove this when `test_library_still_needs_the_patch` fails.
    """
    from great_expectations.execution_engine import sqlalchemy_execution_engine as engine

    if "duckdb" not in engine._PERSISTED_CONNECTION_DIALECTS:
        # The type that is inferred for the private list is a tuple of four members of an enum.
        engine._PERSISTED_CONNECTION_DIALECTS = (  # type: ignore[assignment]
            *engine._PERSISTED_CONNECTION_DIALECTS,
            _Dialect("duckdb"),
        )
