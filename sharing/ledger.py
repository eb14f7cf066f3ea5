"""The audit ledger: append-only, hash-chained and signed, so that tampering is detected.

PostgreSQL rejects edits. Against somebody who can disable that, each entry carries the hash of the previous
one and an Ed25519 signature, and the head is also kept outside the database, so that an edit, a gap, a
reordering or a truncated tail is found.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from psycopg.rows import dict_row

from pipelines.installation.durable_files import write_text_durably

GENESIS = "0" * 64
# The verdict of an entry that ends the supply permitted by an earlier one.
WITHDRAWN = "withdraw"
HEAD_FILE = "ledger_head.json"
HEAD_GONE = f"{HEAD_FILE} is missing, so a cut tail could not be noticed"


@dataclass(frozen=True)
class Decision:
    """What one gate run decided, about exactly which content."""

    decision_key: str
    department: str
    dataset: str
    contract_hash: str
    lake_snapshot: int
    content_hash: str
    file_sha256: str
    rule_set_hash: str
    row_count: int
    verdict: str
    score: float | None
    version: str | None
    gate_run_id: int
    decided_at: datetime

    @property
    def delivered_version(self) -> str:
        """The version that it delivers.

        Raises:
            LookupError: it delivers none.
        """
        if self.version is None:
            raise LookupError(
                f"The gate run {self.gate_run_id} of {self.department}/{self.dataset} delivered no version."
            )
        return self.version


@dataclass(frozen=True)
class Entry:
    """A decision with its position in the chain."""

    entry_no: int
    decision: Decision
    previous_hash: str
    entry_hash: str
    signature: str


@dataclass(frozen=True)
class LedgerReport:
    """The result of a verification; `problems` is empty if the ledger is intact."""

    entries: int
    problems: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether no entry was edited, removed or reordered."""
        return not self.problems


class LedgerError(RuntimeError):
    """The ledger was tampered with; nothing is appended to it."""


def append(state: psycopg.Connection, key: Ed25519PrivateKey, folder: Path, decision: Decision) -> Entry:
    """Append a decision in the caller's transaction, under a lock held until it ends.

    `folder` is where `store_head` stores the newest entry.

    Raises:
        LedgerError: the stored head is no longer in the ledger, or is missing.
    """
    state.execute("select pg_advisory_xact_lock(hashtext('audit.ledger'))")
    last = next(_entries(state, "order by entry_no desc limit 1"), None)
    _require_head(state, folder, last)
    number, previous = (last.entry_no + 1, last.entry_hash) if last else (1, GENESIS)
    digest = _digest(number, previous, decision)
    entry = Entry(number, decision, previous, digest, key.sign(bytes.fromhex(digest)).hex())
    names = [field.name for field in fields(Decision)]
    state.execute(
        f"insert into audit.ledger (entry_no, {', '.join(names)}, previous_hash, entry_hash, signature) "
        f"values ({', '.join(['%s'] * (len(names) + 4))})",
        [number, *asdict(decision).values(), previous, digest, entry.signature],
    )
    return entry


def store_head(folder: Path, entry: Entry) -> None:
    """Store the newest entry outside the database, in `folder`; call after the commit."""
    known = _head(folder)
    if known and known["entry_no"] >= entry.entry_no:
        return
    head = {"entry_no": entry.entry_no, "entry_hash": entry.entry_hash, "signature": entry.signature}
    write_text_durably(folder / HEAD_FILE, json.dumps(head))


def verify_ledger(state: psycopg.Connection, secrets_dir: Path) -> LedgerReport:
    """Verify the whole chain: numbers, links, hashes, signatures, and the head stored outside."""
    problems: list[str] = []
    number, previous, head = 0, GENESIS, _head(secrets_dir)
    public = public_key(secrets_dir)
    for entry in _entries(state, "order by entry_no"):
        problems += _problems(entry, number + 1, previous, public)
        number, previous = entry.entry_no, entry.entry_hash
    if head and not _holds(state, head):
        problems.append(f"entry {head['entry_no']}, the newest one that was kept outside, is gone or changed")
    if not head and number > 1:
        problems.append(HEAD_GONE)
    if number and public is None:
        problems.append("ledger_signing.pub is missing, so no signature could be checked")
    return LedgerReport(number, tuple(problems))


def entry_of(state: psycopg.Connection, decision_key: str) -> Entry | None:
    """Return the entry of a decision already taken."""
    return next(_entries(state, "where decision_key = %s", [decision_key]), None)


def last_delivery(state: psycopg.Connection, department: str, dataset: str) -> Entry | None:
    """Return a share's newest entry that delivered a version."""
    clause = "where department = %s and dataset = %s and version is not null order by entry_no desc limit 1"
    return next(_entries(state, clause, [department, dataset]), None)


def served_delivery(state: psycopg.Connection, department: str, dataset: str) -> Entry | None:
    """Return the entry whose version is to be served; None before the first and after a withdrawal."""
    clause = (
        "where department = %s and dataset = %s and (version is not null or verdict = %s) "
        "order by entry_no desc limit 1"
    )
    newest = next(_entries(state, clause, [department, dataset, WITHDRAWN]), None)
    return newest if newest and newest.decision.version else None


def deliveries(state: psycopg.Connection) -> list[Entry]:
    """Return every entry that delivered a version, oldest first."""
    return list(_entries(state, "where version is not null order by entry_no"))


def shares(state: psycopg.Connection) -> list[tuple[str, str]]:
    """Return department and dataset of every share with a decision."""
    query = "select distinct department, dataset from audit.ledger order by department, dataset"
    return state.execute(query).fetchall()


def last_entry(state: psycopg.Connection, department: str, dataset: str) -> Entry | None:
    """Return a share's newest entry, whatever its verdict."""
    return next(iter(history(state, department, dataset)), None)


def history(state: psycopg.Connection, department: str, dataset: str) -> list[Entry]:
    """Return every entry of a share, newest first."""
    clause = "where department = %s and dataset = %s order by entry_no desc"
    return list(_entries(state, clause, [department, dataset]))


def is_empty(state: psycopg.Connection) -> bool:
    """Whether the ledger has no entries."""
    return next(_entries(state, "limit 1"), None) is None


def pinned_snapshots(state: psycopg.Connection) -> set[int]:
    """Return the lake snapshots that entries refer to, which must never expire."""
    return {row[0] for row in state.execute("select distinct lake_snapshot from audit.ledger").fetchall()}


def _entries(state: psycopg.Connection, clause: str, parameters: list | None = None) -> Iterator[Entry]:
    names = [field.name for field in fields(Decision)]
    with state.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(f"select * from audit.ledger {clause}", parameters):
            yield Entry(
                row["entry_no"], Decision(**{name: row[name] for name in names}),
                row["previous_hash"], row["entry_hash"], row["signature"],
            )  # fmt: skip


def _problems(entry: Entry, expected: int, previous: str, public: Ed25519PublicKey | None) -> list[str]:
    found = []
    if entry.entry_no != expected:
        found.append(f"entries {expected} to {entry.entry_no - 1} are missing")
    if entry.previous_hash != previous:
        found.append(f"entry {entry.entry_no} does not follow the one before it")
    if _digest(entry.entry_no, entry.previous_hash, entry.decision) != entry.entry_hash:
        found.append(f"entry {entry.entry_no} was edited")
    if public and not _signed(public, entry):
        found.append(f"entry {entry.entry_no} is not signed by this platform")
    return found


def _digest(number: int, previous: str, decision: Decision) -> str:
    facts = asdict(decision) | {"entry_no": number, "previous_hash": previous}
    facts["decided_at"] = decision.decided_at.astimezone(UTC).isoformat(timespec="microseconds")
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(json.dumps(facts, sort_keys=True, ensure_ascii=False).encode())
    return sm3.finalize().hex()


def _signed(public: Ed25519PublicKey, entry: Entry) -> bool:
    try:
        public.verify(bytes.fromhex(entry.signature), bytes.fromhex(entry.entry_hash))
    except (InvalidSignature, ValueError):
        return False
    return True


def _require_head(state: psycopg.Connection, folder: Path, last: Entry | None) -> None:
    head = _head(folder)
    if head is None and last and last.entry_no == 1:
        # The very first run was killed between its commit and storing the head.
        store_head(folder, last)
    elif (head is None and last) or (head and not _holds(state, head)):
        missing = f"Entry {head['entry_no']}, which was written, is gone or changed" if head else HEAD_GONE
        raise LedgerError(
            f"{missing}. Nothing was decided and the previous version stays served. "
            "Run `brain audit verify`; restore audit.ledger and the secrets folder from a backup."
        )


def _holds(state: psycopg.Connection, head: dict) -> bool:
    query = "select 1 from audit.ledger where (entry_no, entry_hash, signature) = (%s, %s, %s)"
    return (
        state.execute(query, [head["entry_no"], head["entry_hash"], head["signature"]]).fetchone() is not None
    )


def is_head_gone(state: psycopg.Connection, folder: Path) -> bool:
    """Whether the newest entry is not stored outside the database; that of a first run may not be yet.

    Raises:
        LedgerError: its file cannot be read.
    """
    last = next(_entries(state, "order by entry_no desc limit 1"), None)
    return _head(folder) is None and last is not None and last.entry_no > 1


def _head(folder: Path) -> dict | None:
    """Return the newest entry that was stored outside; None if there is none.

    Raises:
        LedgerError: its file cannot be read.
    """
    path = folder / HEAD_FILE
    try:
        return json.loads(path.read_text()) if path.exists() else None
    except (OSError, ValueError) as error:
        raise LedgerError(
            f"{path} cannot be read ({type(error).__name__}), so a cut tail could not be noticed. Nothing "
            "was changed. Put it back from a backup."
        ) from None


def public_key(folder: Path) -> Ed25519PublicKey | None:
    """Return the key that verifies signatures; None if it is missing."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    path = folder / "ledger_signing.pub"
    if not path.exists():
        return None
    key = load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise LedgerError(f"{path} is not an Ed25519 key, so no signature can be checked with it.")
    return key
