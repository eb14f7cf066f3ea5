"""Name the secrets that earlier work depends on and that are lost, before somebody needs them.

A lost key would otherwise show at the next gate run only, and the backups that hold it may be gone by then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from pipelines.identity.decisions import DIGEST_PREFIX
from pipelines.identity.decisions import KEY_FILE as DECISIONS_KEY
from pipelines.installation.kept_keys import key_fault
from pipelines.installation.one_row import one_value
from pipelines.installation.state import connect_state
from pipelines.lake.confined import KEY_FILE as READS_KEY
from pipelines.settings import Settings
from sharing import ledger
from sharing.keys import KEY_BYTES, PUBLIC_KEY, SIGNING_KEY, recipient_key_file

NUMBERS_SET_ASIDE = (
    "select exists (select from identity.decisions where starts_with(wrong_number_digest, %s))"
)
CLOSED_READS = "select exists (select from audit.closed_reads)"


def lost_secrets(settings: Settings) -> dict[str, str]:
    """Return the lost secrets, by name below `secrets/`: what is wrong, and what stands still then."""
    with connect_state(settings) as state:
        return dict(_lost(settings, state))


def secret_problems(settings: Settings, backups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lost secrets, and from where they are put back."""
    where = f"the backup in {backups[0]['folder']}" if backups else "a backup"
    return [
        {
            "where": f"secrets/{name}",
            "what": what,
            "what_to_do": f"Put it back from files/secrets/{name} of {where}; another cannot take its place.",
        }
        for name, what in lost_secrets(settings).items()
    ]


def _lost(settings: Settings, state: psycopg.Connection) -> Iterator[tuple[str, str]]:
    if not ledger.is_empty(state):
        yield from _lost_of_ledger(settings, state)
    for department in sorted({path.parts[-3] for path in settings.shares.glob("*/*/current")}):
        yield from _lost_key(
            settings, recipient_key_file(department), "the gate delivers nothing more to this department"
        )
    if one_value(state.execute(NUMBERS_SET_ASIDE, [DIGEST_PREFIX])):
        yield from _lost_key(settings, DECISIONS_KEY, "no build can go by the stewards' decisions")
    if one_value(state.execute(CLOSED_READS)):
        yield from _lost_key(settings, READS_KEY, "nobody can read of sensitive people")


def _lost_of_ledger(settings: Settings, state: psycopg.Connection) -> Iterator[tuple[str, str]]:
    yield from _lost_key(settings, SIGNING_KEY, "the gate can sign no decision, and refuses")
    try:
        if ledger.public_key(settings.secrets) is None:
            yield PUBLIC_KEY, "it is missing: no signature of ledger and receipts can be checked"
    except (OSError, ValueError, ledger.LedgerError):
        yield PUBLIC_KEY, "it holds no key: no signature of ledger and receipts can be checked"
    try:
        if ledger.is_head_gone(state, settings.secrets):
            yield ledger.HEAD_FILE, "it is missing: a cut tail of the ledger could not be noticed"
    except ledger.LedgerError:
        yield ledger.HEAD_FILE, "it cannot be read: a cut tail of the ledger could not be noticed"


def _lost_key(settings: Settings, name: str, consequence: str) -> Iterator[tuple[str, str]]:
    if fault := key_fault(settings.secrets / name, KEY_BYTES):
        yield name, f"it {fault}: {consequence}"
