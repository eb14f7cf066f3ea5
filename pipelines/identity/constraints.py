"""Apply stewards' decisions to the records of a run: must-link, cannot-link and numbers set aside.

A decision about an absent record has no effect until the record returns. Where later data make decisions
contradictory (two records that a steward called one person now carry two valid numbers), nothing is joined
and the pair returns to review.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from pipelines.identity.candidates import DOCUMENT, NUMBER
from pipelines.identity.decisions import Decision, numbers_recognised, ruling
from pipelines.identity.work import run_script
from pipelines.installation.one_row import one_value

COLUMNS = {
    "decision_no": pa.int64(),
    "record_key_l": pa.string(),
    "record_key_r": pa.string(),
    "verdict": pa.string(),
}


def read_decisions(
    work: duckdb.DuckDBPyConnection, decisions: Sequence[Decision], source: str, key: bytes | None
) -> None:
    """Fill `steward_decisions` and `numbers_set_aside`.

    Raises:
        ValueError: a decision sets a number aside, and the key needed to recognise it is not given.
    """
    rulings = ruling(decisions)
    rows = [{name: getattr(decision, name) for name in COLUMNS} for decision in rulings]
    _fill(work, "steward_decisions", pa.Table.from_pylist(rows, schema=pa.schema(list(COLUMNS.items()))))
    declared_wrong = pa.array(_declared_wrong(work, rulings, source, key), pa.string())
    _fill(work, "numbers_declared_wrong", pa.table({"record_key": declared_wrong}))
    run_script(work, "numbers_set_aside", source=source, document=DOCUMENT)


def as_decided(work: duckdb.DuckDBPyConnection, source: str) -> str:
    """Return the candidates of `source` without the numbers set aside."""
    if not one_value(work.execute("select count(*) from numbers_set_aside")):
        return source
    is_set_aside = "record_key in (select record_key from numbers_set_aside)"
    return (
        f"(select * replace (if({is_set_aside}, null, id_number) as id_number, "
        f"if({is_set_aside}, null, inferred_id_number) as inferred_id_number, "
        f"if({is_set_aside}, 'set_aside', id_number_status) as id_number_status) from {source})"
    )


def _declared_wrong(
    work: duckdb.DuckDBPyConnection, decisions: Sequence[Decision], source: str, key: bytes | None
) -> list[str]:
    """Return the records whose current number a steward has assigned to another person."""
    named = [decision.wrong_number_of for decision in decisions if decision.wrong_number_of]
    if not named:
        return []
    if key is None:
        raise ValueError("A decision sets a number aside: it is recognised with the decisions' key only.")
    numbers = work.execute(
        f"select record_key, {NUMBER} as number "
        f"from {source} where list_contains(?, record_key) and number is not null",
        [named],
    ).fetchall()
    return sorted(numbers_recognised(decisions, dict(numbers), key))


def _fill(work: duckdb.DuckDBPyConnection, name: str, content: pa.Table) -> None:
    work.register("content", content)
    work.execute(f"create or replace table {name} as select * from content")
    work.unregister("content")


def constrain(work: duckdb.DuckDBPyConnection) -> None:
    """Fill `must_link`, `cannot_link` and `unsure_pairs` with pairs of nodes."""
    run_script(work, "constraints")
