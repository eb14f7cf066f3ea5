"""A schedule comes as often as the frequency that a contract promises, and never later."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from dagster._vendored.croniter import croniter

from pipelines.contracts import cron_of
from pipelines.contracts.model import Interval
from pipelines.contracts.schedule import CRONS

LEGAL = [Interval(value, unit) for unit, (_, values) in CRONS.items() for value in values]


@pytest.mark.parametrize("frequency", LEGAL, ids=lambda item: f"{item.value} {item.unit}")
def test_a_schedule_keeps_its_frequency(frequency: Interval) -> None:
    times = croniter(cron_of(frequency), datetime(2026, 1, 1, tzinfo=UTC))
    moments = [times.get_next(datetime) for _ in range(30)]
    longest = max(later - earlier for earlier, later in pairwise(moments))
    promised = frequency.as_timedelta()
    assert 0.97 * promised <= longest <= promised


@pytest.mark.parametrize(
    "frequency", [Interval(90, "min"), Interval(40, "min"), Interval(5, "h"), Interval(3, "q")]
)
def test_what_no_schedule_keeps_is_refused(frequency: Interval) -> None:
    with pytest.raises(ValueError, match="legal are"):
        cron_of(frequency)
