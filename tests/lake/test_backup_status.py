"""`brain status` says where the last backup is and how old, and what to do where it is none any more."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli.main import app as commands
from pipelines.installation.database_dump import DumpError
from pipelines.installation.state import advisory_lock
from pipelines.operations import backup
from pipelines.operations.backup import BACKUP_LOCK, LAST_BACKUP, MARKER, BackupError, back_up, restore
from pipelines.operations.status import platform_status
from pipelines.settings import CITY_TIME, Settings


@pytest.fixture
def folder(empty_lake: Settings, tmp_path: Path) -> Path:
    """A finished backup of a platform with nothing in its lake."""
    back_up(empty_lake, tmp_path / "backup")
    return tmp_path / "backup"


def problem(settings: Settings) -> str | None:
    found = [row for row in platform_status(settings)["problems"] if row["where"] == "backup"]
    return " ".join(found[0].values()) if found else None


def interrupt(settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise DumpError("pg_dump failed")

    with monkeypatch.context() as broken, pytest.raises(DumpError):
        broken.setattr(backup, "dump_database", fail)
        back_up(settings, folder)


def test_the_last_backup_is_shown_with_its_age(empty_lake: Settings, folder: Path) -> None:
    (row,) = platform_status(empty_lake)["backups"]
    assert row["folder"] == str(folder) and (row["days_old"], row["state"]) == (0, "finished")
    assert timedelta(0) <= datetime.now(CITY_TIME) - row["taken_at"] < timedelta(minutes=5)
    assert problem(empty_lake) is None


def test_a_home_without_a_backup_says_so_in_one_line(
    empty_lake: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupted first one is none either."""
    interrupt(empty_lake, tmp_path / "backup", monkeypatch)
    monkeypatch.setattr("pipelines.cli.operations.get_settings", lambda: empty_lake)
    said = CliRunner().invoke(commands, ["status"]).output
    assert "Backups: none; `brain backup FOLDER` makes one." in said.splitlines()
    assert problem(empty_lake) is None


def test_an_old_backup_is_a_problem(empty_lake: Settings, folder: Path) -> None:
    record = empty_lake.home / LAST_BACKUP
    long_ago = datetime.now(CITY_TIME) - timedelta(days=8)
    record.write_text(json.dumps({"folder": str(folder), "taken_at": long_ago.isoformat()}))
    assert problem(empty_lake) == f"backup the last one is 8 days old `brain backup {folder}` renews it."
    record.write_text(json.dumps({"folder": str(folder), "taken_at": datetime.now(CITY_TIME).isoformat()}))
    assert problem(empty_lake) is None


def test_a_backup_that_was_begun_anew_and_not_finished_is_a_problem(
    empty_lake: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(empty_lake, folder, monkeypatch)
    assert "cannot be restored" in (problem(empty_lake) or "")
    with advisory_lock(empty_lake, BACKUP_LOCK):
        assert platform_status(empty_lake)["backups"][0]["state"] == "being renewed"
        assert problem(empty_lake) is None
    back_up(empty_lake, folder)
    assert problem(empty_lake) is None


@pytest.mark.parametrize("content", ["", '{"home": ', '{"of_a_newer_release": 1}', "[]"])
def test_a_marker_that_cannot_be_read_is_a_problem_and_no_traceback(
    empty_lake: Settings, folder: Path, content: str
) -> None:
    (folder / MARKER).write_text(content)
    assert "another folder" in (problem(empty_lake) or "")
    restored = empty_lake.model_copy(update={"home": folder.with_name("restored")})
    for refused in (lambda: back_up(empty_lake, folder), lambda: restore(restored, folder)):
        with pytest.raises(BackupError, match=f"{folder / MARKER} is damaged, or of a newer release"):
            refused()
    assert not restored.home.exists()


@pytest.mark.parametrize("content", ["", "null", '{"folder": '])
def test_a_damaged_note_of_the_last_backup_does_not_blind_the_operator(
    empty_lake: Settings, folder: Path, content: str
) -> None:
    (empty_lake.home / LAST_BACKUP).write_text(content)
    assert platform_status(empty_lake)["backups"] == []
    back_up(empty_lake, folder)
    assert len(platform_status(empty_lake)["backups"]) == 1


def test_a_disk_that_is_away_is_no_problem_and_a_moved_home_needs_another_folder(
    empty_lake: Settings, folder: Path
) -> None:
    marker = folder / "backup.json"
    marker.write_text(marker.read_text().replace(str(empty_lake.home), "/srv/before"))
    assert platform_status(empty_lake)["backups"][0]["state"] == "of /srv/before"
    assert "another folder" in (problem(empty_lake) or "")
    folder.rename(folder.with_name("away"))
    assert platform_status(empty_lake)["backups"][0]["state"] == "not found"
    assert problem(empty_lake) is None
