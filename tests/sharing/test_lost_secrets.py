"""`brain status` names a lost secret before a gate run, a build or a read needs it; a backup keeps it."""

from __future__ import annotations

import stat

import pytest

from pipelines.identity.decisions import DIGEST_PREFIX
from pipelines.installation.kept_keys import KeyLostError
from pipelines.installation.state import connect_state
from pipelines.lake.confined import log_read
from pipelines.operations.backup import back_up
from pipelines.operations.status import platform_status
from sharing.ledger import LedgerError

SECRETS = {
    "ledger_signing.key": "the gate can sign no decision",
    "ledger_signing.pub": "no signature of ledger and receipts",
    "ledger_head.json": "a cut tail",
    "shares/civil_affairs.key": "delivers nothing more to this department",
    "identity_decisions.key": "stewards' decisions",
    "closed_reads.key": "read of sensitive people",
}
NUMBER_SET_ASIDE = """
    insert into identity.decisions
        (record_key_l, record_key_r, verdict, reason, decided_by, wrong_number_of, wrong_number_digest)
    values ('a', 'b', 'different', 'seen at the counter', 'steward', 'a', %s)
"""


def told(settings) -> dict[str, tuple[str, str]]:
    """What status says of secrets, by their names."""
    return {
        row["where"].removeprefix("secrets/"): (row["what"], row["what_to_do"])
        for row in platform_status(settings)["problems"]
        if row["where"].startswith("secrets/")
    }


@pytest.fixture
def used(city):
    """A city whose every secret something was made with."""
    city.gate()
    city.build(city.bulk_edit)
    city.gate()
    log_read(city.settings, "select 1", ["sensitive.persons"], read_by="auditor", reason="a test")
    with connect_state(city.settings) as state:
        state.execute(NUMBER_SET_ASIDE, [f"{DIGEST_PREFIX}00"])
    decisions_key = city.settings.secrets / "identity_decisions.key"
    decisions_key.write_text("ab" * 32)
    yield city
    (city.settings.secrets / "closed_reads.key").write_text("ab" * 32)
    decisions_key.write_text("ab" * 32)


def test_where_nothing_was_made_with_them_no_secret_is_missed(city) -> None:
    assert told(city.settings) == {}
    city.gate()
    assert told(city.settings) == {}


@pytest.mark.parametrize("content", [None, "", "no key"])
@pytest.mark.parametrize(("name", "consequence"), SECRETS.items())
def test_a_lost_secret_is_named_with_what_stands_still_and_what_to_do(
    used, name: str, consequence: str, content: str | None
) -> None:
    assert told(used.settings) == {}
    lost = used.settings.secrets / name
    lost.unlink()
    if content is not None:
        lost.write_text(content)
    ((found, (what, what_to_do)),) = told(used.settings).items()
    assert found == name and consequence in what
    assert f"Put it back from files/secrets/{name} of a backup" in what_to_do


@pytest.mark.parametrize("name", ["shares/civil_affairs.key", "ledger_signing.key", "ledger_head.json"])
def test_nothing_is_made_with_an_emptied_secret(used, name: str) -> None:
    """An empty key would be one, and everybody's."""
    (used.settings.secrets / name).write_text("")
    used.build()
    with pytest.raises((KeyLostError, LedgerError)):
        used.gate()


@pytest.mark.parametrize("content", [None, ""])
def test_a_backup_does_not_forget_a_secret_that_the_home_has_lost(
    used, tmp_path, content: str | None
) -> None:
    folder, key = tmp_path / "backup", used.settings.secrets / "ledger_signing.key"
    whole = key.read_bytes()
    back_up(used.settings, folder)
    key.unlink()
    if content is not None:
        key.write_text(content)
    back_up(used.settings, folder)
    kept = folder / "files" / "secrets" / "ledger_signing.key"
    assert kept.read_bytes() == whole and stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert str(folder) in told(used.settings)["ledger_signing.key"][1]
    key.write_bytes(whole)
    (used.settings.home / "last_backup.json").unlink()
