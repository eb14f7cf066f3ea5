"""Link a day's changes so that the result equals that of a full run.

Touched records are those that may look different from before. They are scored against everybody; all other
pairs are unchanged. The region is every person that touched records, or their pairs, were ever tied to. Pairs
too weak to join or to be reviewed tie nobody: they only lower the open record's probability for its other
candidates, so such a record belongs to the region, and its rivals outside are scored there too. No tie leaves
the region, so decisions inside do not depend on anything outside. The following steps run on the region as
they do on the whole city.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import splink

from pipelines.identity.candidates import (
    SYLLABLES,
    candidate_relation,
    digest_sql,
    read_some,
    remember_seen,
    restore_frequencies,
    shape_candidates,
)  # fmt: skip
from pipelines.identity.constraints import as_decided
from pipelines.identity.feed import Position, read_written
from pipelines.identity.model import Model
from pipelines.identity.scoring import Weigh, score_pairs
from pipelines.identity.tables import (
    ADDRESSES,
    ASSIGNMENTS,
    BASE,
    EVIDENCE,
    IDS,
    OBEYED,
    PAIRS,
    REVIEW,
    SEEN,
    PublishedTable,
)  # fmt: skip
from pipelines.identity.work import SCRIPTS, run_script
from pipelines.installation.one_row import one_value
from pipelines.splink import pairs as splink_pairs

EQUALITY = re.compile(r"l\.(\w+) = r\.(\w+)")
IN_REGION = "{key} in (select record_key from region)"
SCOPES: Mapping[PublishedTable, str] = {
    ASSIGNMENTS: IN_REGION.format(key="record_key"),
    EVIDENCE: IN_REGION.format(key="record_key_l"),
    REVIEW: IN_REGION.format(key="record_key_l"),
    IDS: "person_id in (select person_id from prior_ids)",
    SEEN: "record_key in (select record_key from touched)",
    PAIRS: " or ".join(IN_REGION.format(key=key) for key in PAIRS.key),
    ADDRESSES: "address_key in (select address_key from concerned_addresses)",
}


@dataclass(frozen=True)
class Changes:
    """How many records differ from the base, and how many already did when it was last counted."""

    records: int
    decisions: int
    base_records: int
    changed_before: int

    @property
    def share(self) -> float:
        """The share of the base's records changed since term frequencies were last counted."""
        return (self.changed_before + self.records) / max(self.base_records, 1)


def rules_digest(model: Model) -> str:
    """Return a digest of what a result depends on besides data: model, rules and engine versions."""
    room = (*sorted(SCRIPTS.glob("*.sql")), *sorted(SCRIPTS.parent.glob("*.py")))
    rules = (*room, SYLLABLES, Path(splink_pairs.__file__))
    content = [model.model_dump_json(), duckdb.__version__, splink.__version__]
    content += [path.read_text(encoding="utf-8") for path in rules]
    return hashlib.sha256("\n".join(content).encode()).hexdigest()


def find_changes(
    work: duckdb.DuckDBPyConnection, source: str, model: Model, position: Position
) -> Changes | None:
    """Fill `changed`, `superseded` and `decided_anew`; returns None if no base matches these rules."""
    base = work.execute(
        "select records, records_changed, lake_snapshot, candidates_table "
        f"from {BASE.qualified} where rules_digest = ?",
        [rules_digest(model)],
    ).fetchone()
    if base is None:
        return None
    *counts, lake_snapshot, candidates_table = base
    shape_candidates(work, "live", as_decided(work, candidate_relation(work, source)))
    digest = digest_sql(work)
    if read_written(work, source, Position(lake_snapshot, candidates_table), position):
        written = as_decided(work, candidate_relation(work, "written_candidates"))
        shape_candidates(work, "live_written", written)
        run_script(work, "changes", digest=digest, seen=SEEN.qualified, examined="live_written")
        run_script(work, "vanished", seen=SEEN.qualified)
    else:
        run_script(work, "changes", digest=digest, seen=SEEN.qualified, examined="live")
        _find_vanished(work)
    run_script(work, "decided_anew", obeyed=OBEYED.qualified)
    added = _count(work, "changed where record_key not in (select record_key from superseded)")
    return Changes(added + _count(work, "superseded"), _count(work, "decided_anew"), *counts)


def _find_vanished(work: duckdb.DuckDBPyConnection) -> None:
    """Add records that no longer exist to `superseded`; searches only if the counts differ."""
    stayed = _count(work, SEEN.qualified) - _count(work, "superseded")
    if stayed > _count(work, "live") - _count(work, "changed"):
        work.execute(
            f"insert into superseded select seen.* from {SEEN.qualified} as seen "
            "anti join (select record_key from live) using (record_key)"
        )


def link_changes(work: duckdb.DuckDBPyConnection, model: Model, weigh: Weigh) -> int:
    """Fill `records` and `record_pairs` for the region; returns the number of pairs scored."""
    restore_frequencies(work)
    _find_touched(work)
    read_some(work, "touched")
    remember_seen(work, "record_key in (select record_key from touched)")
    run_script(work, "partners", seen=SEEN.qualified, **_blocked(model))
    read_some(work, "compared_keys")
    weighed = score_pairs(work, model, weigh)
    run_script(work, "two_numbers")
    _find_region(work, model)
    read_some(work, "region")
    run_script(work, "compared")
    run_script(work, "two_numbers")
    run_script(work, "region_pairs")
    return weighed


def _find_touched(work: duckdb.DuckDBPyConnection) -> None:
    run_script(work, "concerned_addresses")
    run_script(work, "address_houses", name="houses_there", candidates="candidates_there")
    run_script(work, "touched", seen=SEEN.qualified, addresses=ADDRESSES.qualified)


def _find_region(work: duckdb.DuckDBPyConnection, model: Model) -> None:
    names = {"pairs": PAIRS.qualified, "review": REVIEW.qualified, "assignments": ASSIGNMENTS.qualified}
    run_script(work, "region", review_from=model.thresholds.review, **names)
    while True:
        run_script(work, "region_round")
        if not _count(work, "next_persons"):
            break
    run_script(work, "region_records", pairs=PAIRS.qualified, assignments=ASSIGNMENTS.qualified)


def _blocked(model: Model) -> dict[str, str]:
    """Return SQL conditions on a seen record: some blocking rule pairs it with a touched one."""
    sides = {"open": "number_key is null", "identified": "number_key is not null"}
    return {
        f"blocked_with_{side}": " or ".join(_blocked_by(rule, touched) for rule in model.blocking)
        for side, touched in sides.items()
    }


def _blocked_by(rule: str, touched: str) -> str:
    equalities = EQUALITY.findall(rule)
    ways = {tuple(equalities), tuple((right, left) for left, right in equalities)}
    return " or ".join(_meets(way, touched) for way in sorted(ways))


def _meets(equalities: tuple[tuple[str, str], ...], touched: str) -> str:
    here = ", ".join(f"{own}_key" for own, _ in equalities)
    there = ", ".join(f"{other}_key" for _, other in equalities)
    given = " and ".join(f"{other}_key is not null" for _, other in equalities)
    return f"hash({here}) in (select hash({there}) from touched_keys where {touched} and {given})"


def _count(work: duckdb.DuckDBPyConnection, relation: str) -> int:
    return one_value(work.execute(f"select count(*) from {relation}"))
