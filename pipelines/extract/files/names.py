"""Match file names to a table's pattern and extract the period they cover."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

PERIOD = "{period}"
# 2026, 2026Q2, 202605 or 2026-05, 20260531 or 2026-05-31
_PERIOD_TEXT = r"(?P<period>\d{4}(?:[-_.]?(?:Q[1-4]|\d{2}(?:[-_.]?\d{2})?))?)"
_HELPERS = (".sha256", ".ok")
_UNFINISHED = (".part", ".tmp", ".filepart", ".uploading")


@dataclass(frozen=True, order=True)
class Period:
    """A day, month, quarter or year; `end` is exclusive."""

    start: date
    end: date
    label: str


def period_of(pattern: str, name: str) -> tuple[bool, Period | None]:
    """Return whether a name matches the pattern, and its period if the pattern has one."""
    found = _expression(pattern).fullmatch(name)
    if found is None or name.endswith((*_HELPERS, *_UNFINISHED)):
        return False, None
    if PERIOD not in pattern:
        return True, None
    period = _period(re.sub(r"[-_.]", "", found["period"]))
    return period is not None, period


@lru_cache
def _expression(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\{period\}|\*)", pattern)
    return re.compile("".join({PERIOD: _PERIOD_TEXT, "*": ".*"}.get(part, re.escape(part)) for part in parts))


def _period(text: str) -> Period | None:
    try:
        if "Q" in text:
            year, quarter = int(text[:4]), int(text[-1])
            return _months(year, quarter * 3 - 2, 3, text)
        if len(text) == len("YYYYMMDD"):
            day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
            return Period(day, day + timedelta(days=1), text)
        if len(text) == len("YYYYMM"):
            return _months(int(text[:4]), int(text[4:]), 1, text)
        return _months(int(text), 1, 12, text)
    except ValueError:
        return None


def _months(year: int, month: int, count: int, label: str) -> Period:
    following = year * 12 + month - 1 + count
    return Period(date(year, month, 1), date(following // 12, following % 12 + 1, 1), label)
