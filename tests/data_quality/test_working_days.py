"""Terms in working days, over weekends, holidays and make-up days."""

from __future__ import annotations

from datetime import date

import pytest

from data_quality.working_days import add_working_days, is_working_day


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2026, 6, 30), 10, date(2026, 7, 14)),
        (date(2025, 9, 30), 1, date(2025, 10, 9)),
        (date(2025, 9, 26), 2, date(2025, 9, 29)),
    ],
    ids=["ordinary", "over the National Day", "a Sunday that is worked"],
)
def test_terms(start, days, end):
    assert add_working_days(start, days) == end


def test_a_year_without_published_holidays_counts_monday_to_friday():
    assert is_working_day(date(2090, 1, 2))
    assert not is_working_day(date(2090, 1, 1))
