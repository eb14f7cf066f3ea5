"""Record a gate run in PostgreSQL, and read it back as plain data.

Every function runs inside the caller's transaction, so that evidence, work orders and the ledger entry are
committed together or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg
import pyarrow as pa
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from data_quality.measure import Measure
from data_quality.verdict import Verdict
from pipelines.installation.one_row import one_value


@dataclass(frozen=True)
class GateRun:
    """What was judged: a subject (department/dataset), its exact content and the rule set."""

    subject: str
    lake_snapshot: int
    content_hash: str
    rule_set_hash: str
    row_count: int
    decided_at: datetime


def record_run(
    state: psycopg.Connection, run: GateRun, verdict: Verdict, measures: Sequence[Measure], keys: pa.Table
) -> int:
    """Store a run with the result of each rule and the pseudonyms of failing rows; returns its id."""
    result = state.execute(
        """insert into quality.gate_runs (subject, lake_snapshot, content_hash, rule_set_hash, row_count,
               decided_at, decision, score, reasons, scorecard)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning run_id""",
        [
            *asdict(run).values(),
            verdict.decision,
            verdict.score,
            list(verdict.reasons),
            Jsonb([asdict(line) for line in verdict.scorecard]),
        ],
    )
    run_id = one_value(result)
    with state.cursor() as cursor:
        cursor.executemany(
            """insert into quality.rule_results
               values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            [_result_row(run_id, item) for item in measures],
        )
    state.execute(
        """insert into quality.failing_keys (run_id, rule_code, row_key)
           select %s, * from unnest(%s::text[], %s::text[])""",
        [run_id, keys["rule_code"].to_pylist(), keys["row_key"].to_pylist()],
    )
    return run_id


def _result_row(run_id: int, item: Measure) -> tuple[Any, ...]:
    rule = item.rule
    return (
        run_id, rule.code, rule.label, rule.dimension, rule.indicator, rule.severity, rule.weight,
        rule.minimum, item.evaluated, item.good, item.observed, rule.bound, item.outcome,
        rule.owner, rule.reason,
    )  # fmt: skip


def judged_snapshots(state: psycopg.Connection) -> set[int]:
    """Return the lake snapshots that the gate has judged."""
    return {
        row[0] for row in state.execute("select distinct lake_snapshot from quality.gate_runs").fetchall()
    }


def gate_runs(state: psycopg.Connection, subject: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Return the runs of one subject or of all, newest first."""
    return _rows(
        state,
        """select * from quality.gate_runs where %(subject)s::text is null or subject = %(subject)s
           order by run_id desc limit %(limit)s""",
        {"subject": subject, "limit": limit},
    )


def show_run(state: psycopg.Connection, run_id: int, keys: int = 20) -> dict[str, Any]:
    """Return one run with its rules, worst first; a failed rule lists up to `keys` row pseudonyms.

    Raises:
        LookupError: the run does not exist.
    """
    runs = _rows(state, "select * from quality.gate_runs where run_id = %(run_id)s", {"run_id": run_id})
    if not runs:
        raise LookupError(f"There is no gate run {run_id}; `brain quality runs` names them.")
    rules = _rows(
        state,
        """select r.*, round((100.0 * good / nullif(evaluated, 0))::numeric, 2)::float as good_percent,
                  (select array_agg(row_key) from (
                      select row_key from quality.failing_keys k
                      where k.run_id = r.run_id and k.rule_code = r.rule_code
                      order by row_key limit %(keys)s) as first_keys) as failing_keys
           from quality.rule_results r where run_id = %(run_id)s
           order by outcome <> 'fail', good::float / nullif(evaluated, 0), rule_code""",
        {"run_id": run_id, "keys": keys},
    )
    return runs[0] | {"rules": rules}


def _rows(state: psycopg.Connection, query: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    with state.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()
