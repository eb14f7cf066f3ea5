"""Working days in China, with holidays and make-up working days."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar
import duckdb


def load_calendar(connection: duckdb.DuckDBPyConnection, first: date, last: date) -> None:
    """Create `calendar(day, is_working, working_place)`.

    `working_place` is the number of working days up to and including the day. Years beyond the published
    holiday calendar count weekdays only.
    """
    rows, place, day = [], 0, first
    while day <= last:
        working = _is_working(day)
        place += working
        rows.append((day, working, place))
        day += timedelta(days=1)
    connection.execute("create or replace table calendar (day date, is_working boolean, working_place int)")
    connection.executemany("insert into calendar values (?, ?, ?)", rows)
    connection.execute("create or replace table working_days as select * from calendar where is_working")


def _is_working(day: date) -> bool:
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return day.weekday() < 5
