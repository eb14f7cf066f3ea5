"""What the commands say of decisions: scores as people read them, and nothing of a run that was not."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from pipelines.cli import share as commands
from pipelines.delivery import share_gate
from sharing.gate import GateOutcome

SUBJECT = "civil_affairs/elderly_living_alone"


@pytest.mark.parametrize(("score", "shown"), [(88.82142857142857, "score 88.8\n"), (None, "score none\n")])
def test_a_score_has_one_decimal(monkeypatch: pytest.MonkeyPatch, score: float | None, shown: str) -> None:
    outcome = GateOutcome(
        *SUBJECT.split("/"), "blocked", "block", score, 263, 7, "c0ffee", "000001", 3, 2, failed_rules=("a",)
    )
    monkeypatch.setattr(share_gate, "share_contracts", lambda _: {SUBJECT: None})
    monkeypatch.setattr(commands, "_at_the_gate", lambda *_: outcome)
    told = CliRunner().invoke(commands.app, ["gate", SUBJECT])
    assert told.exit_code == 1 and shown in told.output


def test_a_withdrawal_shows_no_score_and_no_rows(city, monkeypatch: pytest.MonkeyPatch) -> None:
    delivered = city.gate()
    share_gate.withdraw(city.settings, SUBJECT)
    monkeypatch.setattr(commands, "get_settings", lambda: city.settings)
    monkeypatch.setattr("pipelines.cli.output.console", SimpleNamespace(is_terminal=False))
    lines = CliRunner().invoke(commands.app, ["history", SUBJECT]).output.splitlines()
    (withdrawn,) = [line for line in lines if "withdraw" in line]
    (passed,) = [line for line in lines if " pass " in line]
    assert f" {delivered.row_count} " in passed and " 100 " in passed
    assert f" {delivered.row_count} " not in withdrawn and " 100 " not in withdrawn
    # What the ledger holds is not changed by how it is shown.
    kept = json.loads(CliRunner().invoke(commands.app, ["history", SUBJECT, "--json"]).output)
    assert [row["row_count"] for row in kept] == [delivered.row_count] * 2
