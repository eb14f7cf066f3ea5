"""Stewards' decisions about pairs of records: append-only and free of contradictions.

A decision names two records, not persons, so it survives retraining, new sources and a record that disappears
and comes back. A number set aside is stored as a keyed digest whose key is kept elsewhere, so that it cannot
be recovered from the decisions by brute force. `constraints` applies decisions to clusters.
"""

from __future__ import annotations

import hmac
import secrets
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
from psycopg.rows import class_row

from pipelines.identity.candidates import CANDIDATES, DOCUMENT, NUMBER, candidate_relation
from pipelines.installation.kept_keys import kept_key
from pipelines.installation.one_row import one_row
from pipelines.reasons import usable_reason

KEY_FILE, KEY_BYTES = "identity_decisions.key", 32
# Distinguishes a keyed digest from an unkeyed one of an earlier release, which is no longer recognised.
DIGEST_PREFIX = "hmac-sha256:"
VERDICTS = ("same", "different", "unsure")


@dataclass(frozen=True)
class Decision:
    """One decision about one pair; `record_key_l` is the smaller key."""

    decision_no: int
    record_key_l: str
    record_key_r: str
    verdict: str
    reason: str
    decided_by: str
    decided_at: datetime | None = None
    wrong_number_of: str | None = None
    wrong_number_digest: str | None = None

    @property
    def pair(self) -> tuple[str, str]:
        """The two records."""
        return self.record_key_l, self.record_key_r

    def described(self) -> str:
        """Return one line that identifies this decision."""
        left, right = self.pair
        return f"no. {self.decision_no} ({left} and {right}: {self.verdict}, by {self.decided_by})"

    def shown(self) -> dict[str, Any]:
        """Return who decided what, when and why, without personal values."""
        return {name: value for name, value in asdict(self).items() if name != "wrong_number_digest"}


class ContradictionError(ValueError):
    """A decision contradicts earlier ones and was not recorded."""


def decision_key(folder: Path, decisions: Iterable[Decision]) -> bytes:
    """Return the key of the digests in decisions, from `<folder>/identity_decisions.key`.

    Raises:
        KeyLostError: it is missing although decisions hold digests made with it.
    """
    may_create = not any(
        (decision.wrong_number_digest or "").startswith(DIGEST_PREFIX) for decision in decisions
    )
    return kept_key(folder / KEY_FILE, secrets.token_bytes(KEY_BYTES), may_create=may_create)


def number_digest(key: bytes, record_key: str, number: str) -> str:
    """Return the HMAC-SHA-256 digest by which a decision recognises a number in the same record."""
    return DIGEST_PREFIX + hmac.digest(key, f"{record_key}|{number}".encode(), "sha256").hex()


def every_decision(state: psycopg.Connection) -> list[Decision]:
    """Return all decisions ever made, the earliest first."""
    columns = ", ".join(field.name for field in fields(Decision))
    with state.cursor(row_factory=class_row(Decision)) as cursor:
        return cursor.execute(f"select {columns} from identity.decisions order by decision_no").fetchall()


def ruling(decisions: Iterable[Decision]) -> list[Decision]:
    """Return the newest decision of each pair."""
    newest = {decision.pair: decision for decision in sorted(decisions, key=lambda item: item.decision_no)}
    return sorted(newest.values(), key=lambda item: item.decision_no)


def decide(
    lake: duckdb.DuckDBPyConnection,
    state: psycopg.Connection,
    pair: tuple[str, str],
    verdict: str,
    *,
    key: bytes,
    reason: str,
    decided_by: str,
    wrong_number_of: str | None = None,
) -> Decision:
    """Record a decision; it takes effect with the next build.

    Args:
        lake: reads the lake in which both records are assigned to a person.
        state: the platform's database; committed by this function.
        pair: the keys of two records.
        verdict: `same`, `different` or `unsure`.
        key: the `decision_key`.
        reason: why, without personal values.
        decided_by: who decided.
        wrong_number_of: the record of the pair whose identity number belongs to somebody else.

    Raises:
        LookupError: a record is not known.
        ContradictionError: earlier decisions or identity numbers contradict this one; nothing was recorded.
        ValueError: the verdict or the reason is not valid; nothing was recorded.
    """
    left, right = sorted(pair)
    _refuse_unusable(left, right, verdict, reason, wrong_number_of)
    with state.transaction():
        state.execute("select pg_advisory_xact_lock(hashtext('identity-decisions'))")
        earlier = [item for item in ruling(every_decision(state)) if item.pair != (left, right)]
        wanted = Decision(0, left, right, verdict, reason, decided_by)
        numbers = _numbers(lake, {record for item in [*earlier, wanted] for record in item.pair})
        _refuse_unknown(lake, (left, right))
        wanted = _with_wrong_number(wanted, wrong_number_of, numbers, key)
        refuse_contradictions(wanted, earlier, _own_numbers([*earlier, wanted], numbers, key))
        return _keep(state, wanted)


@dataclass(frozen=True)
class _KnownNumber:
    number: str
    document: str
    trusted: bool


def _refuse_unusable(left: str, right: str, verdict: str, reason: str, wrong_number_of: str | None) -> None:
    if left == right:
        raise ValueError("A decision is about two records; one was given twice. Nothing was kept.")
    if verdict not in VERDICTS:
        raise ValueError(f"'{verdict}' is no verdict; there are {', '.join(VERDICTS)}. Nothing was kept.")
    usable_reason(reason)
    if wrong_number_of not in (None, left, right):
        raise ValueError("--wrong-number-of has to name one of the pair's two records. Nothing was kept.")


def _refuse_unknown(lake: duckdb.DuckDBPyConnection, keys: Sequence[str]) -> None:
    known = lake.execute(
        "select record_key from lake.identity.person_assignments where list_contains(?, record_key)",
        [list(keys)],
    ).fetchall()
    unknown = sorted(set(keys) - {key for (key,) in known})
    if unknown:
        raise LookupError(
            f"No record {' and no record '.join(unknown)} has a person. Nothing was kept. "
            "A record key looks like system|table|number; `brain person review` and `explain` show them."
        )


def _numbers(lake: duckdb.DuckDBPyConnection, keys: set[str]) -> dict[str, _KnownNumber]:
    rows = lake.execute(
        f"select record_key, {NUMBER} as number, {DOCUMENT} as document, is_number_trusted "
        f"from {candidate_relation(lake, CANDIDATES)} as candidates "
        "inner join lake.identity.person_assignments using (record_key) "
        "where number is not null and list_contains(?, record_key)",
        [sorted(keys)],
    ).fetchall()
    return {key: _KnownNumber(*known) for key, *known in rows}


def _with_wrong_number(
    wanted: Decision, wrong_number_of: str | None, numbers: Mapping[str, _KnownNumber], key: bytes
) -> Decision:
    """Return the decision with the number it sets aside: the one named, or the only untrusted one."""
    known = [numbers[record] for record in wanted.pair if record in numbers]
    differ = len({item.document for item in known}) == 2
    doubtful = [record for record in wanted.pair if record in numbers and not numbers[record].trusted]
    if wrong_number_of is None and wanted.verdict == "same" and differ and len(doubtful) == 1:
        wrong_number_of = doubtful[0]
    if wrong_number_of is None:
        return wanted
    if wrong_number_of not in numbers:
        raise ValueError(
            f"{wrong_number_of} carries no valid identity number to set aside. Nothing was kept."
        )
    digest = number_digest(key, wrong_number_of, numbers[wrong_number_of].number)
    return replace(wanted, wrong_number_of=wrong_number_of, wrong_number_digest=digest)


def _keep(state: psycopg.Connection, decision: Decision) -> Decision:
    names = [field.name for field in fields(Decision) if field.name not in ("decision_no", "decided_at")]
    result = state.execute(
        f"insert into identity.decisions ({', '.join(names)}) values ({', '.join(['%s'] * len(names))}) "
        "returning decision_no, decided_at",
        [getattr(decision, name) for name in names],
    )
    number, moment = one_row(result)
    return replace(decision, decision_no=number, decided_at=moment)


def refuse_contradictions(wanted: Decision, earlier: Sequence[Decision], numbers: Mapping[str, str]) -> None:
    """Raise if a decision contradicts `earlier` ones or the `numbers` of records.

    Args:
        wanted: the decision to make.
        earlier: the decisions in force about other pairs.
        numbers: the document of each record whose number is accepted as its person's.

    Raises:
        ContradictionError: names the decisions that contradict it.
    """
    everything = [*earlier, wanted]
    same = _same_graph(everything, numbers)
    for decision in everything:
        if decision.verdict == "different":
            path = _path(same, decision.record_key_l, decision.record_key_r)
            if path is not None:
                raise ContradictionError(_contradiction(wanted, decision, path))
    if wanted.verdict == "same":
        _refuse_two_numbers(wanted, same)


def _own_numbers(
    decisions: Iterable[Decision], numbers: Mapping[str, _KnownNumber], key: bytes
) -> dict[str, str]:
    """Return the documents of the trusted numbers, except those that a decision sets aside."""
    known = {record: item.number for record, item in numbers.items()}
    set_aside = numbers_recognised(decisions, known, key)
    return {
        record: item.document for record, item in numbers.items() if item.trusted and record not in set_aside
    }


def numbers_recognised(decisions: Iterable[Decision], numbers: Mapping[str, str], key: bytes) -> set[str]:
    """Return the records that still carry the exact number that a decision sets aside.

    Args:
        numbers: the identity number of each record that has one.
        key: the `decision_key`.
    """
    return {
        record
        for record, digest in {(item.wrong_number_of, item.wrong_number_digest) for item in decisions}
        if record is not None
        and digest is not None
        and record in numbers
        and hmac.compare_digest(digest, number_digest(key, record, numbers[record]))
    }


# Edges from a record or number to others of the same person, with the decision that says so (None: equal
# number).
Graph = dict[str, list[tuple[str, Decision | None]]]


def _same_graph(decisions: Sequence[Decision], numbers: Mapping[str, str]) -> Graph:
    """Return which records belong to one person; edges from an equal number carry no decision."""
    graph: Graph = defaultdict(list)
    edges: list[tuple[str, str, Decision | None]] = [
        (*item.pair, item) for item in decisions if item.verdict == "same"
    ]
    edges += [(key, f"number|{number}", None) for key, number in numbers.items()]
    for left, right, decision in edges:
        graph[left].append((right, decision))
        graph[right].append((left, decision))
    return graph


def _path(graph: Graph, start: str, end: str) -> list[Decision] | None:
    """Return the decisions along the shortest path, None without one; equal numbers add none."""
    reached: dict[str, list[Decision]] = {start: []}
    waiting = deque([start])
    while waiting:
        place = waiting.popleft()
        if place == end:
            return reached[place]
        for neighbour, decision in graph.get(place, ()):
            if neighbour not in reached:
                reached[neighbour] = reached[place] + ([decision] if decision else [])
                waiting.append(neighbour)
    return None


def _contradiction(wanted: Decision, different: Decision, path: list[Decision]) -> str:
    others = [item for item in (different, *path) if item is not wanted]
    if not others:
        return (
            "Both records carry the same valid identity number, so one of them carries another person's. "
            "Nothing was kept; say whose number is wrong with --wrong-number-of RECORD_KEY."
        )
    named = "; ".join(item.described() for item in others)
    return (
        f"This cannot be true together with {named}"
        f"{'' if path else ', because records carry the same identity number'}. "
        "Nothing was kept. Decide one of those pairs again if it was wrong: the newest decision rules."
    )


def _refuse_two_numbers(wanted: Decision, graph: Graph) -> None:
    together = _reachable(graph, wanted.record_key_l)
    if sum(place.startswith("number|") for place in together) < 2:
        return
    others = {item for place in together for _, item in graph[place] if item is not None and item != wanted}
    named = "; ".join(item.described() for item in sorted(others, key=lambda item: item.decision_no))
    raise ContradictionError(
        "This would give one person two valid identity numbers, which is never published"
        f"{f' (it follows together with {named})' if named else ''}. Nothing was kept; if one of the two "
        "records carries another person's number, or an old one, say which with --wrong-number-of RECORD_KEY."
    )


def _reachable(graph: Graph, start: str) -> set[str]:
    reached, waiting = {start}, [start]
    while waiting:
        for neighbour, _ in graph.get(waiting.pop(), ()):
            if neighbour not in reached:
                reached.add(neighbour)
                waiting.append(neighbour)
    return reached
