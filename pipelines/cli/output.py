"""How the command line speaks: tables for people, JSON for programs, one line for an error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import duckdb
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.settings import CITY_TIME

console = Console()
errors = Console(stderr=True)
LONGEST_PLAIN_WIDTH = 200
# These are read out, not added up: no separators.
NUMBERS_THAT_NAME = ("pid", "_id", "_no", "_hash", "snapshot")


def show(rows: Sequence[Mapping[str, Any]], *, title: str, as_json: bool, empty: str = "Nothing.") -> None:
    """Print rows as a table, or as a JSON list; the keys of the first row are the columns."""
    if as_json:
        show_json(list(rows))
        return
    if not rows:
        console.print(empty)
        return
    table = Table(title=title, title_justify="left", header_style="bold")
    for name in rows[0]:
        numeric = all(isinstance(row[name], int | float) or row[name] is None for row in rows)
        table.add_column(name.replace("_", " "), justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(name, value) for name, value in row.items()))
    wide_enough().print(table)


def remark(message: str) -> None:
    """Say something about an answer where a program that reads the answer is not disturbed."""
    errors.print(message, highlight=False, soft_wrap=True, style="dim")


def show_json(value: Any) -> None:
    """Print a value as indented JSON; dates as ISO 8601, a moment in the city's time with its offset."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=_json_value) + "\n")


@contextmanager
def failures_as_messages() -> Iterator[None]:
    """Turn an expected failure into its message and exit status 1, without a traceback."""
    try:
        yield
    except (RuntimeError, OSError, LookupError, ValueError, duckdb.Error) as error:
        message = f"[bold red]{type(error).__name__}[/]: {escape(str(error))}"
        errors.print(message, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


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
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    if isinstance(value, int):
        return str(value) if name.endswith(NUMBERS_THAT_NAME) else f"{value:,}"
    if isinstance(value, datetime):
        return f"{in_city_time(value):%Y-%m-%d %H:%M:%S}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def wide_enough() -> Console:
    """The terminal as it is; elsewhere a console that does not fold."""
    return console if console.is_terminal else Console(width=LONGEST_PLAIN_WIDTH)
