"""Deadlines in working days on the Chinese calendar, including holidays and make-up days."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar

SATURDAY = 5


def add_working_days(start: date, days: int) -> date:
    """Return the last of `days` working days, the first of which follows `start`."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= is_working_day(day)
    return day


def is_working_day(day: date) -> bool:
    """Return whether offices work on this day.

    The State Council publishes a year's holidays late in the previous year; until the calendar includes a
    year, Monday to Friday count.
    """
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return day.weekday() < SATURDAY
