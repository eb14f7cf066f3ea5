"""Deadlines in working days on the Chinese calendar, holidays and make-up days included."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar

SATURDAY = 5


def add_working_days(start: date, days: int) -> date:
    """The day on which a term of `days` working days ends; the day after `start` is the first."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= is_working_day(day)
    return day


def is_working_day(day: date) -> bool:
    """Whether offices work on this day.

    The State Council publishes a year's holidays late in the year before; until
    the calendar knows a year, Monday to Friday count.
    """
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return day.weekday() < SATURDAY
