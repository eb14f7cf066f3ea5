"""How the command line speaks: tables for people, JSON for programs, one line for an error."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb
import psycopg
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.installation.disk_space import full_disk
from pipelines.settings import CITY_TIME, get_settings

# What a terminal obeys instead of showing it: control characters, and marks that turn the direction of
# writing. Line ends and tabs are shown.
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
LONGEST_PLAIN_WIDTH = 200
# Columns folded to fewer characters than this are one word a line.
NARROWEST_COLUMN = 12
ANY_WIDTH = 10**6
# These are read out, not added up: no separators.
NUMBERS_THAT_NAME = ("pid", "_id", "_no", "_hash", "snapshot")
DECIMALS = 3
SIGNIFICANT_DIGITS = 6
MAY_COME_OF_A_FULL_DISK = (RuntimeError, OSError, duckdb.Error)
EXPECTED = (*MAY_COME_OF_A_FULL_DISK, LookupError, ValueError)
SQLALCHEMY_ERROR = "sqlalchemy.exc.SQLAlchemyError"


class PlainConsole(Console):
    """Prints text as it is, since almost all of it may hold a source's data.

    To Rich, `[a座]` is markup, `[/]` an error and `:house:` a picture; to a terminal, an escape sequence
    is a command.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """A text for the screen, with what a terminal would obey written out."""
        return super().render_str(printable(text), **options)


def printable(text: str) -> str:
    r"""A text in which what a terminal would obey is written as `\u001b`, as JSON writes it."""
    return OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


console = PlainConsole()
errors = PlainConsole(stderr=True)


def show(
    rows: Sequence[Mapping[str, Any]],
    *,
    title: str,
    as_json: bool,
    empty: str = "Nothing.",
    as_is: bool = False,
) -> None:
    """Print rows as a table, or as a JSON list; the keys of the first row are the columns.

    Rows of more columns than can be read beside each other are printed one below the other, a line a value.
    Listings of our own round and separate thousands, for they are read; `as_is` does neither, for the
    answer to somebody's query is data.
    """
    if as_json:
        show_json(list(rows))
        return
    if not rows:
        console.print(empty)
        return
    printed = [
        {name: _as_is(value) if as_is else _cell(name, value) for name, value in row.items()} for row in rows
    ]
    table = Table(title=title, title_justify="left", header_style="bold")
    for name in rows[0]:
        numeric = all(isinstance(row[name], int | float | Decimal) or row[name] is None for row in rows)
        table.add_column(_heading(name), justify="right" if numeric else "left", overflow="fold")
    for row in printed:
        table.add_row(*row.values())
    screen = wide_enough()
    if _can_be_read(screen, table):
        screen.print(table)
        return
    screen.print(title, style="italic")
    for number, row in enumerate(printed, start=1):
        screen.print(_record(row, f"{number:,} of {len(printed):,}"))


def _can_be_read(screen: Console, table: Table) -> bool:
    natural_width = screen.measure(table, options=screen.options.update_width(ANY_WIDTH)).maximum
    return natural_width <= screen.width or screen.width >= len(table.columns) * NARROWEST_COLUMN


def _record(row: Mapping[str, str], title: str) -> Table:
    """One row, a line a value; what is empty is left out."""
    record = Table(title=title, title_justify="left", show_header=False)
    record.add_column(style="bold", no_wrap=True)
    record.add_column(overflow="fold")
    for name, value in row.items():
        if value:
            record.add_row(_heading(name), value)
    return record


def _heading(name: str) -> str:
    return name.replace("_", " ")


def remark(message: str) -> None:
    """Say something about an answer where a program that reads the answer is not disturbed."""
    errors.print(message, highlight=False, soft_wrap=True, style="dim")


def show_json(value: Any) -> None:
    """Print a value as indented JSON; dates as ISO 8601, a moment in the city's time with its offset."""
    written = json.dumps(value, ensure_ascii=False, indent=2, default=_json_value)
    sys.stdout.write(printable(written) + "\n")


@contextmanager
def failures_as_messages() -> Iterator[None]:
    """Turn an expected failure into its message and exit status 1, without a traceback."""
    try:
        yield
    except Exception as error:
        is_of_database = _is_of_database(error)
        if not is_of_database and not isinstance(error, EXPECTED):
            raise
        # What a database says after its first line quotes the statement and perhaps values of rows.
        told = str(error).strip().split("\n", 1)[0] if is_of_database else _said_by(error)
        message = Text.assemble((type(error).__name__, "bold red"), f": {printable(told)}")
        errors.print(message, soft_wrap=True)
        if is_of_database or isinstance(error, MAY_COME_OF_A_FULL_DISK):
            tell_of_full_disk()
        raise typer.Exit(1) from error


def _said_by(error: Exception) -> str:
    """The message of an error; as a text, a KeyError is its message within quotes."""
    return str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)


def tell_of_full_disk() -> None:
    """Say that the disk of the home is full, if it is."""
    try:
        home = get_settings().home
    except (OSError, ValueError):
        # The settings are what failed, and there is no home to look at.
        return
    if told := full_disk(home):
        errors.print(told, highlight=False, soft_wrap=True, style="bold red")


def _is_of_database(error: Exception) -> bool:
    """Whether it comes from PostgreSQL or SQLite, perhaps by way of SQLAlchemy, which is slow to import."""
    if isinstance(error, psycopg.Error | sqlite3.Error):
        return True
    return any(f"{kind.__module__}.{kind.__name__}" == SQLALCHEMY_ERROR for kind in type(error).__mro__)


def in_city_time(moment: datetime) -> datetime:
    """A moment as the city's clocks show it; what a source wrote without a zone stays as it is."""
    return moment.astimezone(CITY_TIME) if moment.tzinfo else moment


def _json_value(value: Any) -> str:
    return str(in_city_time(value) if isinstance(value, datetime) else value)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _rounded(value)
    if isinstance(value, int):
        return str(value) if name.endswith(NUMBERS_THAT_NAME) else f"{value:,}"
    if isinstance(value, datetime):
        return f"{in_city_time(value):%Y-%m-%d %H:%M:%S}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _rounded(value: float) -> str:
    """With thousands separators and few decimals, but never a whole number that it is not."""
    becomes_whole = round(value, DECIMALS).is_integer() and not value.is_integer()
    if becomes_whole:
        return f"{value:,.{SIGNIFICANT_DIGITS}g}"
    return f"{value:,.{DECIMALS}f}".rstrip("0").rstrip(".")


def _as_is(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(in_city_time(value) if isinstance(value, datetime) else value)


def wide_enough() -> Console:
    """The terminal as it is; elsewhere a console that does not fold."""
    return console if console.is_terminal else PlainConsole(width=LONGEST_PLAIN_WIDTH)
