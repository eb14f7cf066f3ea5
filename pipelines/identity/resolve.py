"""Run all identity steps in order.

The orchestrator calls `resolve_persons`, which reads the candidates from the lake and brings the `identity`
schema up to date, incrementally where possible. The caller holds the writer lock.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import duckdb

from pipelines.identity.candidates import CANDIDATES, candidate_relation, read_candidates, remember_seen
from pipelines.identity.clustering import cluster_records
from pipelines.identity.constraints import as_decided, constrain, read_decisions
from pipelines.identity.decisions import Decision
from pipelines.identity.feed import Position, present_position
from pipelines.identity.increment import (
    SCOPES,
    find_changes,
    link_changes,
    rules_digest,
)  # fmt: skip
from pipelines.identity.model import Model, shipped_model
from pipelines.identity.publish import prepare_tables, publish
from pipelines.identity.scoring import Weigh, evidence_sql, score_pairs, weigh_here
from pipelines.identity.stable_ids import give_ids, record_changes
from pipelines.identity.tables import (
    ADDRESSES,
    ASSIGNMENTS,
    BASE,
    EVIDENCE,
    FREQUENCIES,
    IDS,
    OBEYED,
    PAIRS,
    REVIEW,
    SEEN,
    PublishedTable,
)  # fmt: skip
from pipelines.identity.work import run_script, work_catalog
from pipelines.installation.one_row import one_row, one_value

# Once this share of records has changed, term frequencies are recounted and everything is linked again.
RECOUNT_SHARE = 0.05
OUTCOME: Mapping[PublishedTable, str] = {
    ASSIGNMENTS: "next_assignments",
    EVIDENCE: "next_evidence",
    REVIEW: "next_review",
    IDS: "next_ids",
    SEEN: "next_seen",
    PAIRS: "next_pairs",
    OBEYED: "next_obeyed",
    BASE: "next_base",
}


@dataclass
class IdentityOutcome:
    """What one resolution did, as counts and seconds without personal values.

    The counts cover the records examined: all of them in a full run, the region that changes reach in an
    increment.
    """

    kind: str = "full"
    records_changed: int = 0
    records: int = 0
    persons: int = 0
    scored_pairs: int = 0
    records_by_rule: dict[str, int] = field(default_factory=dict)
    review_by_reason: dict[str, int] = field(default_factory=dict)
    id_changes: dict[str, int] = field(default_factory=dict)
    rows_written: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def metadata(self) -> dict[str, Any]:
        """Return the outcome as plain values for the orchestrator's metadata."""
        return asdict(self) | {"seconds_total": round(sum(self.seconds.values()), 2)}


def resolve_persons(
    connection: duckdb.DuckDBPyConnection,
    *,
    as_of: date | None = None,
    model: Model | None = None,
    source: str = CANDIDATES,
    decisions: Sequence[Decision] = (),
    key: bytes | None = None,
    full_refresh: bool = False,
    recount: bool = True,
    recount_share: float = RECOUNT_SHARE,
    weigh: Weigh = weigh_here,
) -> IdentityOutcome:
    """Resolve persons and publish what changed, in one lake transaction.

    Args:
        connection: has the lake attached read-write as `lake`; the caller holds the writer lock.
        as_of: the date given to new ids and changes; defaults to the newest record's day.
        model: a linkage model other than the shipped one.
        source: the relation that holds the candidates.
        decisions: stewards' decisions; the newest decision of a pair applies.
        key: the `decision_key`; required once a decision sets a number aside.
        full_refresh: link everything even where an increment would do.
        recount: whether a full run recounts term frequencies.
        recount_share: the share of changed records above which a run is a full one.
        weigh: the engine on which Splink scores pairs.

    Raises:
        LookupError: the candidates, or columns of them, are missing; nothing was changed.
    """
    model = model or shipped_model()
    outcome = IdentityOutcome()
    with work_catalog(connection) as work:
        with _timed(outcome, "read"):
            prepare_tables(work)
            read_decisions(work, decisions, candidate_relation(work, source), key)
            relation = as_decided(work, candidate_relation(work, source))
            position = present_position(work, source)
            changes = None if full_refresh else find_changes(work, source, model, position)
        as_of = as_of or _newest_day(work, relation)
        if changes is None or changes.share > recount_share:
            _link_everything(work, model, relation, outcome, weigh, recount=recount)
            _remember(work, model, position, "(select count(*) from records)", "0")
            _publish(work, model, as_of, outcome, _whole(recount=recount), {})
        elif changes.records or changes.decisions:
            outcome.kind, outcome.records_changed = "increment", changes.records
            _link_increment(work, model, outcome, weigh)
            changed = changes.changed_before + changes.records
            _remember(work, model, position, str(changes.base_records), str(changed))
            _publish(work, model, as_of, outcome, {ADDRESSES: "next_addresses"}, SCOPES)
        else:
            outcome.kind = "nothing changed"
    return outcome


def _link_everything(
    work: duckdb.DuckDBPyConnection,
    model: Model,
    relation: str,
    outcome: IdentityOutcome,
    weigh: Weigh,
    *,
    recount: bool,
) -> None:
    with _timed(outcome, "read"):
        read_candidates(work, relation, recount=recount)
        remember_seen(work, "true")
        run_script(work, "whole_addresses")
    with _timed(outcome, "score"):
        outcome.scored_pairs = score_pairs(work, model, weigh)
        run_script(work, "two_numbers")
        # The largest table, and the rest of a full run does not read it.
        work.execute("drop table compared")


def _link_increment(
    work: duckdb.DuckDBPyConnection, model: Model, outcome: IdentityOutcome, weigh: Weigh
) -> None:
    with _timed(outcome, "score"):
        outcome.scored_pairs = link_changes(work, model, weigh)


def _remember(
    work: duckdb.DuckDBPyConnection, model: Model, position: Position, records: str, changed: str
) -> None:
    place = {name: "null" if value is None else value for name, value in asdict(position).items()}
    run_script(work, "base", rules_digest=rules_digest(model), records=records, changed=changed, **place)


def _whole(*, recount: bool) -> dict[PublishedTable, str]:
    counted = {FREQUENCIES: "value_frequencies"} if recount else {}
    return {ADDRESSES: "next_addresses", **counted}


def _publish(
    work: duckdb.DuckDBPyConnection,
    model: Model,
    as_of: date,
    outcome: IdentityOutcome,
    state: Mapping[PublishedTable, str],
    scopes: Mapping[PublishedTable, str],
) -> None:
    """Cluster the pairs, assign ids, and write what differs within `scopes`."""
    with _timed(outcome, "cluster"):
        constrain(work)
        run_script(
            work,
            "decisions",
            link=model.thresholds.link,
            review=model.thresholds.review,
            evidence=evidence_sql(model),
        )
        cluster_records(work)
    with _timed(outcome, "identify"):
        assignments = f"(select * from {ASSIGNMENTS.qualified} where {scopes.get(ASSIGNMENTS, 'true')})"
        give_ids(work, assignments, IDS.qualified)
        record_changes(work, as_of)
        run_script(work, "outcome", review_from=model.thresholds.review)
    with _timed(outcome, "publish"):
        outcome.rows_written = publish(work, {**OUTCOME, **state}, "id_changes", scopes)
    _count(work, outcome)


def _newest_day(work: duckdb.DuckDBPyConnection, relation: str) -> date:
    newest = one_value(work.execute(f"select max(updated_at)::date from {relation}"))
    return newest or date(1970, 1, 1)


def _count(work: duckdb.DuckDBPyConnection, outcome: IdentityOutcome) -> None:
    result = work.execute("select count(*), count(distinct person_id) from next_assignments")
    outcome.records, outcome.persons = one_row(result)
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
    outcome.seconds[step] = round(outcome.seconds.get(step, 0) + time.perf_counter() - started, 3)
