"""The whole of identity, one step after the other.

`resolve_persons` is what the orchestrator calls: it reads the candidates from
the lake and brings the `identity` schema up to date. The caller holds the lock
that allows writing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date

import duckdb

from pipelines.identity.clustering import cluster_records
from pipelines.identity.model import Model, shipped_model
from pipelines.identity.publish import ASSIGNMENTS, EVIDENCE, IDS, REVIEW, prepare_tables, publish
from pipelines.identity.scoring import score_pairs
from pipelines.identity.stable_ids import give_ids, record_changes
from pipelines.identity.work import run_script, work_catalog

CANDIDATES = "lake.intermediate.int_persons_candidates"
# Columns that not every source gives; absent ones count as empty.
OPTIONAL_COLUMNS = (
    "former_name", "id_number_unverified", "owned_house_code", "estate_key", "hukou_no",
    "work_community_code", "inferred_id_number",
)  # fmt: skip
CERTAIN_NAMES = ("same", "former_name", "unreadable_character")
HOUSEHOLD_OUTCOMES = ("same_phone_and_house", "same_phone", "same_house", "same_household")


@dataclass
class IdentityOutcome:
    """What one resolution did; holds counts and seconds, no personal values."""

    records: int = 0
    persons: int = 0
    scored_pairs: int = 0
    records_by_rule: dict[str, int] = field(default_factory=dict)
    review_by_reason: dict[str, int] = field(default_factory=dict)
    id_changes: dict[str, int] = field(default_factory=dict)
    rows_written: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def metadata(self) -> dict[str, object]:
        """The outcome as plain values, for an orchestrator's page."""
        return asdict(self) | {"seconds_total": round(sum(self.seconds.values()), 2)}


def resolve_persons(
    connection: duckdb.DuckDBPyConnection,
    *,
    as_of: date | None = None,
    model: Model | None = None,
    source: str = CANDIDATES,
) -> IdentityOutcome:
    """Resolve persons and publish what changed, in one lake transaction.

    Args:
        connection: has the lake attached read-write as `lake`; the caller holds the writer lock.
        as_of: the day that new ids and changes are dated; the newest record's day if not given.
        model: another linkage model than the shipped one.
        source: the relation that holds the candidates.

    Raises:
        LookupError: the candidates, or columns of them, are missing; nothing was changed.
    """
    model = model or shipped_model()
    outcome = IdentityOutcome()
    with work_catalog(connection) as work:
        with _timed(outcome, "read"):
            prepare_tables(work)
            read_candidates(work, source)
        with _timed(outcome, "score"):
            outcome.scored_pairs = score_pairs(work, model)
        with _timed(outcome, "cluster"):
            _decide(work, model)
            cluster_records(work)
        with _timed(outcome, "identify"):
            give_ids(work, ASSIGNMENTS.qualified, IDS.qualified)
            record_changes(work, as_of or _newest_day(work))
            run_script(work, "outcome")
        with _timed(outcome, "publish"):
            outcome.rows_written = publish(
                work,
                {
                    ASSIGNMENTS: "next_assignments",
                    EVIDENCE: "next_evidence",
                    REVIEW: "next_review",
                    IDS: "next_ids",
                },
                "id_changes",
            )
        _count(work, outcome)
    return outcome


def read_candidates(work: duckdb.DuckDBPyConnection, source: str = CANDIDATES) -> None:
    """Fill `records`, `record_nodes` and the frequencies of values.

    Raises:
        LookupError: the candidates do not exist; nothing was changed.
    """
    run_script(work, "records", source=_candidate_relation(work, source))
    run_script(work, "frequencies")


def _candidate_relation(work: duckdb.DuckDBPyConnection, source: str) -> str:
    try:
        present = {row[0] for row in work.execute(f"describe select * from {source}").fetchall()}
    except duckdb.CatalogException:
        raise LookupError(
            f"The candidates {source} do not exist. Nothing was changed. "
            "Build what identity reads first: `brain build`."
        ) from None
    absent = [f"null::varchar as {name}" for name in OPTIONAL_COLUMNS if name not in present]
    return f"(select {', '.join(['*', *absent])} from {source})"


def _decide(work: duckdb.DuckDBPyConnection, model: Model) -> None:
    run_script(
        work,
        "decisions",
        link=model.thresholds.link,
        review=model.thresholds.review,
        twin_condition=_twin_condition(model),
    )


def _twin_condition(model: Model) -> str:
    gammas = {
        "gamma_birth": ("birth", ("same",)),
        "gamma_contact": ("contact", HOUSEHOLD_OUTCOMES),
    }
    conditions = [
        f"node_pairs.{column} in ({_gammas(model, *outcome)})" for column, outcome in gammas.items()
    ]
    conditions += [
        f"node_pairs.gamma_name not in ({_gammas(model, 'name', CERTAIN_NAMES)})",
        f"node_pairs.gamma_number not in ({_gammas(model, 'number', ('one_digit',))})",
    ]
    registers = ", ".join(f"'{register}'" for register in model.registers)
    conditions += [
        f"regexp_extract(node_pairs.record_key_{side}, '^[^|]+[|][^|]+') in ({registers})" for side in "lr"
    ]
    return " and ".join(conditions)


def _gammas(model: Model, comparison: str, labels: tuple[str, ...]) -> str:
    return ", ".join(str(model.comparison(comparison).gamma_of(label)) for label in labels)


def _newest_day(work: duckdb.DuckDBPyConnection) -> date:
    (newest,) = work.execute("select max(updated_at)::date from records").fetchone()
    return newest or date(1970, 1, 1)


def _count(work: duckdb.DuckDBPyConnection, outcome: IdentityOutcome) -> None:
    outcome.records, outcome.persons = work.execute(
        "select count(*), count(distinct person_id) from next_assignments"
    ).fetchone()
    outcome.records_by_rule = _tally(work, "next_assignments", "match_rule")
    outcome.review_by_reason = _tally(work, "next_review", "reason")
    outcome.id_changes = _tally(work, "id_changes", "change")


def _tally(work: duckdb.DuckDBPyConnection, table: str, column: str) -> dict[str, int]:
    return dict(
        work.execute(f"select {column}, count(*) from {table} group by {column} order by {column}").fetchall()
    )


@contextmanager
def _timed(outcome: IdentityOutcome, step: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    outcome.seconds[step] = round(time.perf_counter() - started, 3)
