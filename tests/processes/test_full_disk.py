"""A full disk is named, in place of hundreds of lines of traceback."""

from __future__ import annotations

import shutil
import sqlite3
from collections import namedtuple
from pathlib import Path

import psycopg
import pytest
import typer
from sqlalchemy.exc import OperationalError

from pipelines.cli import data, output
from pipelines.cli.output import failures_as_messages
from pipelines.operations import status
from pipelines.operations.automation import switched_off
from pipelines.operations.errors import RunRecordsError
from pipelines.operations.runs import RunOutcome
from pipelines.operations.status import platform_status
from pipelines.settings import Settings
from tests.support.servers import running_platform

Usage = namedtuple("Usage", "total used free")
SQLITE = sqlite3.OperationalError("database or disk is full")
OF_DATABASES = [
    (SQLITE, "OperationalError: database or disk is full"),
    (
        OperationalError("insert into kv values (?)", ("13800138000",), SQLITE),
        "OperationalError: (sqlite3.OperationalError) database or disk is full",
    ),
    (
        psycopg.errors.DiskFull('could not extend file "base/1": No space left on device\nHINT:  Check it.'),
        'DiskFull: could not extend file "base/1": No space left on device',
    ),
]


@pytest.fixture
def free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes that are free on the disk of the home: almost none."""
    left = [3_000_000]
    monkeypatch.setattr(output, "get_settings", lambda: Settings(home=tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12 - left[0], left[0]))
    return left


@pytest.mark.parametrize(("error", "told"), OF_DATABASES)
def test_what_a_database_says_is_one_line_and_a_full_disk_another(
    error: Exception, told: str, free: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    full = f"The disk that holds {tmp_path} is full (3 MB free): free space and run the command again"
    with pytest.raises(typer.Exit), failures_as_messages():
        raise error
    assert capsys.readouterr().err == f"{told}\n{full}; what was complete is kept.\n"
    free[0] = 10**9
    with pytest.raises(typer.Exit), failures_as_messages():
        raise error
    assert capsys.readouterr().err == f"{told}\n"


@pytest.mark.usefixtures("free")
def test_a_wrong_argument_does_not_come_of_a_full_disk(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), failures_as_messages():
        raise LookupError("No such source system.")
    assert "disk" not in capsys.readouterr().err
    with pytest.raises(typer.Exit), failures_as_messages():
        raise OSError("No space left on device")
    assert "The disk that holds" in capsys.readouterr().err
    with pytest.raises(ZeroDivisionError), failures_as_messages():
        raise ZeroDivisionError


def test_a_run_that_failed_on_a_full_disk_says_so(
    free: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    failed = RunOutcome("build", "r", False, 1.0, (), (), ("A step failed.",))
    with pytest.raises(typer.Exit):
        data._exit_unless_good(failed, as_json=False)
    assert " is full (3 MB free): free space" in capsys.readouterr().err
    free[0] = 85_000_000
    with pytest.raises(typer.Exit):
        data._exit_unless_good(failed, as_json=False)
    assert " is almost full (85 MB free): free space" in capsys.readouterr().err


def test_the_status_on_a_full_disk_shows_what_can_be_read(
    free: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: Settings) -> list[str]:
        raise RunRecordsError("disk I/O error")

    monkeypatch.setattr(status, "switched_off", unknown)
    with running_platform() as settings:
        problems = {row["where"]: row for row in platform_status(settings)["problems"]}
        assert problems["disk"]["what"].endswith("is full (3 MB free)")
        assert problems["disk"]["what_to_do"].startswith("Free space and run the command again")
        assert problems["dagster"]["what"].endswith("cannot be read: disk I/O error")
        free[0] = 10**9
        assert "disk" not in {row["where"] for row in platform_status(settings)["problems"]}


def test_dagster_s_database_that_cannot_be_opened_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BRAIN_HOME", "BRAIN_DAGSTER_STORAGE", "DAGSTER_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    (tmp_path / "dagster").mkdir()
    (tmp_path / "dagster" / "schedules.db").write_text("no database " * 100)
    with pytest.raises(RunRecordsError, match=rf"^{tmp_path}/dagster: [^\n]*file is not a database$"):
        switched_off(Settings(home=tmp_path))
