"""Plan a table's files: their periods, arrival times and faults."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from math import ceil

from pipelines.contracts import SourceContract, TableContract

CITY_TIME = timezone(timedelta(hours=8))
LABELS = {"day": "%Y%m%d", "week": "%Y%m%d", "month": "%Y%m", "quarter": "", "year": "%Y"}
# One file in so many, but at least one of each kind where a system drops that many.
TWICE_ONE_IN, LATE_ONE_IN, HALF_ONE_IN = 40, 40, 100
RESTATED_FROM_PERIODS = 3
# The share missing from the first version of a restated period, and the share new in a full table since the
# previous one.
MISSING_AT_FIRST_PERCENT = 3
NEW_EACH_PERIOD_PERCENT = 1
LAYOUTS = ("renamed", "added", "moved")


@dataclass(frozen=True)
class Drops:
    """How one table's rows are spread over files.

    Args:
        period: SQL over the table's columns for a date within the row's period; None puts every row into
            every file, as in a full export.
        every: `day`, `week`, `month`, `quarter` or `year`.
        periods: the number of past files; older rows go into the oldest file.
    """

    period: str | None = None
    every: str = "month"
    periods: int = 6


EVERY = {"d": "day", "w": "week", "m": "month", "q": "quarter", "y": "year"}
FULL_PERIODS = 2
# The month or day of a loosely written value; a quarter is identified by one of its months.
PERIOD_DATE = """make_date(
    cast(regexp_extract({half}, '([0-9]{{4}})', 1) as integer),
    coalesce(try_cast(regexp_extract({half}, '[0-9]{{4}}[^0-9]*([0-9]{{1,2}})', 1) as integer), 1), 1)"""
HALF_WIDTH = "translate({column}, '０１２３４５６７８９', '0123456789')"


def drops_of(contract: SourceContract, table: TableContract) -> Drops:
    """Derive a table's spread from its contract: frequency, and period or key date."""
    every = EVERY.get(contract.frequency.unit, "month")
    if table.ingest.content == "full":
        return Drops(every=every, periods=FULL_PERIODS)
    dates = table.staging.get("dates") or [c.name for c in table.columns if c.logical_type == "date"]
    in_key = [name for name in dates if name in table.primary_key]
    if "period" in table.column_names:
        return Drops(PERIOD_DATE.format(half=HALF_WIDTH.format(column="period")), every)
    return Drops(f"try_cast({(in_key or dates)[0]} as date)", every)


@dataclass(frozen=True)
class DroppedFile:
    """One file: its content, delivery time and fault, if any.

    `index` counts a table's periods, so that every second one has a different layout. Some rows may be
    missing: those restated later, or new since an earlier full export.
    """

    table: str
    name: str
    start: date
    end: date
    period: str
    index: int
    delivered_at: datetime
    faults: tuple[str, ...] = ()
    is_whole: bool = True
    missing_percent: int = 0

    @property
    def layout(self) -> str | None:
        """How this file's columns differ from the contract's; every second file does."""
        return LAYOUTS[self.index // 2 % len(LAYOUTS)] if self.index % 2 else None


def plan_files(
    contract: SourceContract, starts: Mapping[str, Sequence[date]], drops: dict[str, Drops], today: date
) -> list[DroppedFile]:
    """Return every file of a system, unordered; `starts` are the first days of each table's periods."""
    plain = [
        file
        for name, table in contract.tables.items()
        for file in _plain(contract, table, drops[name], starts[name], today)
    ]
    # Spread evenly over tables and periods, and equal for every seed, since a city has few files.
    spread = sorted(plain, key=lambda file: (file.index * 7 + len(file.table) * 3) % 11)
    can_repeat = [file for file in spread if "*" in str(contract.table(file.table).ingest.pattern)]
    twice = can_repeat[: ceil(len(plain) / TWICE_ONE_IN)]
    half = can_repeat[len(twice) : len(twice) + ceil(len(plain) / HALF_ONE_IN)]
    can_be_late = [file for file in reversed(spread) if _late(contract, file) <= _evening(today)]
    late = can_be_late[: ceil(len(plain) / LATE_ONE_IN)]
    restated = [file for file in can_repeat if _is_restated(contract, file, starts)]
    return [
        version
        for file in plain
        for version in _versions(
            contract, file, today, twice=file in twice, half=file in half, late=file in late,
            restated=file in restated,
        )
    ]  # fmt: skip


def _plain(
    contract: SourceContract, table: TableContract, drops: Drops, starts: Sequence[date], today: date
) -> Iterator[DroppedFile]:
    kept = sorted(starts)[-drops.periods :]
    for index, start in enumerate(kept):
        end = _end(start, drops.every)
        delivered = datetime.combine(end, time(9, 30), CITY_TIME) + contract.latency.as_timedelta() / 2
        period = _label(start, drops.every)
        newer = len(kept) - 1 - index if table.ingest.content == "full" else 0
        yield DroppedFile(
            table.name, _name(table, period, "01"), start, end, period, index,
            min(delivered, _evening(today)), missing_percent=newer * NEW_EACH_PERIOD_PERCENT,
        )  # fmt: skip


def arriving(contract: SourceContract, table: TableContract, drops: Drops, today: date) -> DroppedFile | None:
    """Return a table's file that arrives on a day, complete and on time; None on most days.

    A full table arrives on the day after its period, a period on the period's last day.
    """
    tomorrow = today + timedelta(days=1)
    start, end = _start(today, drops.every), tomorrow
    if drops.period is None:
        start, end = _start(today - timedelta(days=1), drops.every), today
    if _end(start, drops.every) != end:
        return None
    return next(_plain(contract, table, replace(drops, periods=1), [start], today))


def _versions(
    contract: SourceContract, file: DroppedFile, today: date, *, twice: bool, half: bool, late: bool,
    restated: bool,
) -> Iterator[DroppedFile]:  # fmt: skip
    if late:
        file = replace(file, delivered_at=_late(contract, file))
    later = min(file.delivered_at + timedelta(hours=30), _evening(today))
    again = replace(file, name=_name(contract.table(file.table), file.period, "02"), delivered_at=later)
    if half:
        yield _timed(contract, replace(file, faults=("file_half",), is_whole=False))
        yield _timed(contract, again)
    elif restated:
        yield _timed(contract, replace(file, missing_percent=MISSING_AT_FIRST_PERCENT))
        yield _timed(contract, replace(again, faults=("file_restated",)))
    else:
        yield _timed(contract, file)
        if twice:
            yield replace(again, faults=("file_twice",))


def _timed(contract: SourceContract, file: DroppedFile) -> DroppedFile:
    """Return the file, marked as late if it is, whatever its other fault."""
    is_late = file.delivered_at > _due(contract, file)
    return replace(file, faults=(*file.faults, "file_late")) if is_late else file


def _is_restated(contract: SourceContract, file: DroppedFile, starts: Mapping[str, Sequence[date]]) -> bool:
    is_period = contract.table(file.table).ingest.content == "period"
    return is_period and file.index == 1 and len(starts[file.table]) >= RESTATED_FROM_PERIODS


def _late(contract: SourceContract, file: DroppedFile) -> datetime:
    return _due(contract, file) + timedelta(days=2, hours=15)


def _due(contract: SourceContract, file: DroppedFile) -> datetime:
    return datetime.combine(file.end, time(0), CITY_TIME) + contract.latency.as_timedelta()


def _evening(day: date) -> datetime:
    return datetime.combine(day, time(20), CITY_TIME)


def _start(day: date, every: str) -> date:
    """Return the first day of the period that contains a day."""
    if every in ("day", "week"):
        return day if every == "day" else day - timedelta(days=day.weekday())
    months = {"month": 1, "quarter": 3, "year": 12}[every]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _end(start: date, every: str) -> date:
    """Return the day after the period."""
    if every in ("day", "week"):
        return start + timedelta(days=1 if every == "day" else 7)
    months = {"month": 1, "quarter": 3, "year": 12}[every]
    months += start.year * 12 + start.month - 1
    return date(months // 12, months % 12 + 1, 1)


def _label(start: date, every: str) -> str:
    if every == "quarter":
        return f"{start.year}Q{(start.month + 2) // 3}"
    return start.strftime(LABELS[every])


def _name(table: TableContract, period: str, token: str) -> str:
    name = str(table.ingest.pattern).replace("{period}", period)
    return name.replace("*", token, 1).replace("*", "")
