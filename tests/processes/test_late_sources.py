"""A source is late by the terms of its own contract."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipelines.contracts import load_contracts
from pipelines.operations import source_status
from pipelines.settings import PROJECT_ROOT


@pytest.mark.parametrize(
    ("system", "hours", "state"),
    [("health", 35, "fresh"), ("health", 37, "late"), ("affairs", 1.2, "fresh"), ("affairs", 1.3, "late")],
)
def test_a_system_is_late_when_its_latency_has_passed_beyond_its_frequency(
    system: str, hours: float, state: str
) -> None:
    contract = load_contracts(PROJECT_ROOT / "sources")[system]
    pulled_at = datetime.now(UTC) - timedelta(hours=hours)
    assert source_status._state(contract, pulled_at, is_failed=False) == state
