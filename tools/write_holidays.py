"""Writes the seed of the State Council's holiday calendar from the `chinesecalendar` package.

Only the days that differ from the weekday rule are listed: a holiday on a
weekday, or a weekend day that is worked (调休). Run again when the package
brings a new year: `python tools/write_holidays.py`.
"""

from __future__ import annotations

import csv
import sys
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar

SEED = Path(__file__).resolve().parent.parent / "dbt_project" / "seeds" / "holidays.csv"
FIRST_DAY = date(2019, 1, 1)
LAST_DAY = date(2026, 12, 31)
SATURDAY = 5
NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}


def exceptions() -> list[tuple[str, str, str]]:
    """(date, is_working_day, Chinese name) of every day that the weekday rule gets wrong."""
    days = (FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1))
    rows = []
    for day in days:
        is_holiday, name = chinese_calendar.get_holiday_detail(day)
        if is_holiday == (day.weekday() >= SATURDAY):
            continue
        rows.append((day.isoformat(), str(not is_holiday).lower(), NAMES.get(name or "", "")))
    return rows


def main() -> int:
    """Write the seed; the exit status is 0."""
    with SEED.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["calendar_date", "is_working_day", "holiday_name"])
        writer.writerows(exceptions())
    return 0


if __name__ == "__main__":
    sys.exit(main())
