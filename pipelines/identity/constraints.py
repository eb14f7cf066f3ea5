"""Decisions brought to bear on the records of a run: must-link, cannot-link, numbers set aside.

A decision about a record that is not there has no effect until the record
returns. Where later data make decisions impossible (two records that a steward
called one person now carry two valid numbers), nothing is joined and the pair
goes to review again.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from pipelines.identity.decisions import Decision, ruling
from pipelines.identity.work import run_script

COLUMNS = {
    "decision_no": pa.int64(),
    "record_key_l": pa.string(),
    "record_key_r": pa.string(),
    "verdict": pa.string(),
    "wrong_number_of": pa.string(),
    "wrong_number_digest": pa.string(),
}


def read_decisions(work: duckdb.DuckDBPyConnection, decisions: Sequence[Decision], source: str) -> str:
    """Fill `steward_decisions` and `numbers_set_aside`; returns `source` without the numbers set aside."""
    rows = [{name: getattr(decision, name) for name in COLUMNS} for decision in ruling(decisions)]
    table = pa.Table.from_pylist(rows, schema=pa.schema(list(COLUMNS.items())))
    work.register("decided", table)
    work.execute("create or replace table steward_decisions as select * from decided")
    work.unregister("decided")
    run_script(work, "numbers_set_aside", source=source)
    if not work.execute("select count(*) from numbers_set_aside").fetchone()[0]:
        return source
    is_set_aside = "record_key in (select record_key from numbers_set_aside)"
    return (
        f"(select * replace (if({is_set_aside}, null, id_number) as id_number, "
        f"if({is_set_aside}, null, inferred_id_number) as inferred_id_number, "
        f"if({is_set_aside}, 'set_aside', id_number_status) as id_number_status) from {source})"
    )


def constrain(work: duckdb.DuckDBPyConnection) -> None:
    """Fill `must_link`, `cannot_link` and `unsure_pairs` with pairs of nodes."""
    run_script(work, "constraints")
