"""A home that is copied, moved or restored goes on where it is; a backup is whole or refused."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from psycopg.errors import LockNotAvailable

from pipelines.contracts import load_contracts
from pipelines.installation import database_dump
from pipelines.installation.database_dump import DumpError, dump_database
from pipelines.installation.durable_files import sha256_of
from pipelines.installation.one_row import one_value
from pipelines.installation.state import PlatformDatabaseError, connect_state, embedded_server, prepare
from pipelines.lake.catalog import MovedLakeError
from pipelines.lake.connection import reader, writer
from pipelines.lake.reconcile import reconcile
from pipelines.lake.register import register_batches
from pipelines.operations import backup, backup_files
from pipelines.operations.backup import BackupError, back_up, restore
from pipelines.operations.backup_status import lost_file_problems
from pipelines.pull import pull_system
from pipelines.settings import Settings
from tests.support.registry import SYSTEM, RegistryDatabase, contract_document, write_contract, write_endpoint
from tests.support.servers import temporary_home

ROWS = 40


@pytest.fixture
def homes() -> Iterator[Path]:
    """A folder for several homes, each with a server of its own."""
    with temporary_home() as folder:
        yield folder
        for home in folder.iterdir():
            server = embedded_server(Settings(home=home))
            if server.is_initialised():
                server.stop()


@pytest.fixture
def home(homes: Path) -> Settings:
    """Rows that landed and are registered, in a table of the lake and in a file that it names."""
    settings = Settings(home=homes / "home", sources_dir=homes / "home" / "sources", threads=1)
    prepare(settings)
    load_contracts.cache_clear()
    write_contract(settings, contract_document())
    registry = RegistryDatabase(embedded_server(settings))
    registry.create()
    write_endpoint(settings, **registry.endpoint())
    registry.add(1, ROWS)
    pull_system(settings, SYSTEM)
    register_batches(settings)
    with writer(settings) as connection:
        connection.execute("create schema core; create table core.built as from range(7) as numbers(number)")
    (settings.shares / "civil_affairs" / "elderly" / "000001").mkdir(parents=True)
    (settings.shares / "civil_affairs" / "elderly" / "current").symlink_to("000001")
    (settings.shares / "civil_affairs" / "elderly" / "000001" / "slice.csv").write_text("a\n1\n")
    return settings


def elsewhere(settings: Settings, name: str) -> Settings:
    return settings.model_copy(update={"home": settings.home.with_name(name)})


def rows(settings: Settings) -> tuple[int, int]:
    """Rows of the landed file and of the lake's own table."""
    with reader(settings) as connection:
        return tuple(
            one_value(connection.execute(f"select count(*) from {table}"))
            for table in (f"landing.{SYSTEM}__person", "core.built")
        )


def move(settings: Settings, name: str) -> Settings:
    embedded_server(settings).stop()
    moved = elsewhere(settings, name)
    settings.home.rename(moved.home)
    return moved


def test_a_moved_home_reads_and_writes_where_it_is(home: Settings) -> None:
    moved = move(home, "moved")
    assert rows(moved) == (ROWS, 7)
    with writer(moved) as connection:
        connection.execute("insert into core.built values (7)")
    assert rows(moved) == (ROWS, 8)
    assert not home.home.exists()


def test_a_copied_home_names_no_file_of_the_other(home: Settings) -> None:
    embedded_server(home).stop()
    copy = elsewhere(home, "copy")
    subprocess.run(["cp", "-a", home.home, copy.home], check=True)
    assert rows(copy) == (ROWS, 7)
    with connect_state(copy) as state:
        for table, column in (("ducklake_data_file", "path"), ("ducklake_metadata", "value")):
            found = state.execute(f"select {column} from ducklake.{table}").fetchall()
            assert found and not [path for (path,) in found if path.startswith(f"{home.home}/")]


def test_a_lake_on_another_server_is_not_moved_unasked(home: Settings) -> None:
    at_a_server = elsewhere(home, "other").model_copy(
        update={"database_url": embedded_server(home).conninfo("brain")}
    )
    with pytest.raises(MovedLakeError, match="Nothing was changed"), reader(at_a_server):
        pass
    assert rows(home) == (ROWS, 7)


def test_a_restored_home_is_the_one_that_was_backed_up(home: Settings) -> None:
    folder = home.home.with_name("backup")
    done = back_up(home, folder)
    shutil.rmtree(home.lake_data)
    restored = elsewhere(home, "restored")
    assert restore(restored, folder) == done
    assert rows(restored) == (ROWS, 7)
    (counted,) = [table for table in reconcile(restored) if table.rows_read]
    assert (counted.rows_in_files, counted.rows_in_lake, counted.problems) == (ROWS, ROWS, ())
    assert (restored.shares / "civil_affairs" / "elderly" / "current" / "slice.csv").read_text() == "a\n1\n"
    assert (restored.secrets / "sources" / f"{SYSTEM}.json").read_bytes() == (
        home.secrets / "sources" / f"{SYSTEM}.json"
    ).read_bytes()


def test_a_second_backup_copies_what_is_new_and_forgets_what_is_gone(home: Settings) -> None:
    folder = home.home.with_name("backup")
    first = back_up(home, folder)
    with writer(home) as connection:
        connection.execute("insert into core.built values (7)")
    (gone,) = home.shares.rglob("slice.csv")
    gone.unlink()
    second = back_up(home, folder)
    assert (first.files_copied, second.files_copied) == (first.files, 1)
    restored = elsewhere(home, "restored")
    restore(restored, folder)
    assert rows(restored) == (ROWS, 8)
    assert not list(restored.shares.rglob("slice.csv"))


def test_builds_that_were_recorded_last_are_in_the_backup_although_not_in_their_file(home: Settings) -> None:
    """Without them, the restored lake would let go of the states that they left."""
    runs = home.home / "dagster" / "runs.db"
    runs.parent.mkdir()
    folder = home.home.with_name("backup")
    with closing(sqlite3.connect(runs)) as open_database:
        open_database.execute("pragma journal_mode = wal")
        open_database.execute("create table runs (run_id text)")
        open_database.execute("insert into runs values ('newest')")
        open_database.commit()
        back_up(home, folder)
    restored = elsewhere(home, "restored")
    restore(restored, folder)
    with closing(sqlite3.connect(restored.home / "dagster" / "runs.db")) as copy:
        assert copy.execute("select run_id from runs").fetchall() == [("newest",)]


def test_nothing_is_written_or_decided_while_the_state_is_copied(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    dumped: list[Path] = []

    def dump(conninfo: str, target: Path) -> None:
        with pytest.raises(TimeoutError), writer(home, wait_seconds=0.2):
            pass
        with connect_state(home) as state:
            state.execute("set lock_timeout = '200ms'")
            with pytest.raises(LockNotAvailable):
                state.execute("insert into audit.ledger default values")
        dumped.append(target)
        dump_database(conninfo, target)

    monkeypatch.setattr(backup, "dump_database", dump)
    back_up(home, home.home.with_name("backup"))
    assert dumped


def test_a_dump_that_a_kill_ended_says_so(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pg_dump").write_text("#!/bin/sh\nkill -9 $$\n")
    (tmp_path / "pg_dump").chmod(0o700)
    monkeypatch.setattr(database_dump, "BINARIES", tmp_path)
    with pytest.raises(DumpError, match="pg_dump failed: exit status -9"):
        back_up(home, home.home.with_name("backup"))


def test_an_interrupted_backup_is_refused_until_it_is_finished(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home.home.with_name("backup")
    back_up(home, folder)

    def fail(*_: object) -> None:
        raise DumpError("pg_dump failed")

    with monkeypatch.context() as broken:
        broken.setattr(backup, "dump_database", fail)
        with pytest.raises(DumpError):
            back_up(home, folder)
    restored = elsewhere(home, "restored")
    with pytest.raises(BackupError, match="was not finished"):
        restore(restored, folder)
    assert not restored.home.exists()
    back_up(home, folder)
    restore(restored, folder)
    assert rows(restored) == (ROWS, 7)


def landed_file(root: Path) -> Path:
    return next((root / "landing").rglob("*.parquet"))


def rot(path: Path) -> None:
    """Change a byte as a disk does: neither size nor time shows it."""
    found, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


@pytest.mark.parametrize("harm", ["file cut", "file gone", "file rotten", "dump changed", "listing changed"])
def test_a_damaged_backup_is_refused_before_anything_is_written(home: Settings, harm: str) -> None:
    folder = home.home.with_name("backup")
    back_up(home, folder)
    landed = landed_file(folder / "files")
    if harm == "file gone":
        landed.unlink()
    elif harm == "file rotten":
        rot(landed)
    else:
        files = {"file cut": landed, "dump changed": folder / "platform.dump"}
        damaged = files.get(harm, folder / "files.csv")
        damaged.write_bytes(damaged.read_bytes()[:-1])
    restored = elsewhere(home, "restored")
    with pytest.raises(BackupError, match="Nothing was restored") as refused:
        restore(restored, folder)
    assert not restored.home.exists()
    assert str(landed.relative_to(folder / "files")) in str(refused.value) or "file" not in harm


def test_an_unchanged_home_is_not_read_again(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home.home.with_name("backup")
    back_up(home, folder)

    def fail(*paths: Path) -> None:
        raise AssertionError(paths)

    monkeypatch.setattr(backup_files, "sha256_of", fail)
    monkeypatch.setattr(backup_files, "_write_copy", fail)
    assert back_up(home, folder).files_copied == 0


def test_a_damaged_copy_is_found_and_made_anew_if_it_is_looked_for(home: Settings) -> None:
    folder = home.home.with_name("backup")
    first = back_up(home, folder)
    rot(landed_file(folder / "files"))
    assert back_up(home, folder).files_copied == 0
    done = back_up(home, folder, verify=True)
    assert (done.files, done.files_mended, done.files_copied) == (first.files, 1, 1)
    assert back_up(home, folder, verify=True).files_mended == 0
    restored = elsewhere(home, "restored")
    restore(restored, folder)
    assert landed_file(restored.home).read_bytes() == landed_file(home.home).read_bytes()


def test_a_file_that_rots_in_the_home_does_not_replace_its_copy(home: Settings) -> None:
    folder = home.home.with_name("backup")
    back_up(home, folder)
    landed = landed_file(home.home)
    whole = landed.read_bytes()
    rot(landed)
    with pytest.raises(BackupError, match=f"Nothing was renewed.*{folder}") as found:
        back_up(home, folder, verify=True)
    assert str(landed.relative_to(home.home)) in str(found.value)
    restored = elsewhere(home, "restored")
    restore(restored, folder)
    assert landed_file(restored.home).read_bytes() == whole


@pytest.mark.parametrize("place", ["landing", "lake/core"])
@pytest.mark.parametrize("harm", [Path.unlink, lambda path: os.truncate(path, 100)], ids=["gone", "cut"])
def test_what_the_home_has_lost_stays_in_the_backup_and_is_named(
    home: Settings, harm: Callable[[Path], None], place: str
) -> None:
    """Nothing is let go of that manifest or catalog count on: its copy is the last there is."""
    folder = home.home.with_name("backup")
    back_up(home, folder)
    lost = next((home.home / place).rglob("*.parquet"))
    name = str(lost.relative_to(home.home))
    harm(lost)
    assert back_up(home, folder).files_copied == 0
    (told,) = lost_file_problems(home)
    assert name in told["what"] and f"{folder}/files" in told["what_to_do"]
    restored = elsewhere(home, "restored")
    restore(restored, folder)
    assert rows(restored) == (ROWS, 7)
    shutil.copyfile(folder / "files" / name, lost)
    assert lost_file_problems(home) == []
    back_up(home, folder)
    assert rows(home) == (ROWS, 7) and lost_file_problems(home) == []


@pytest.mark.parametrize("lost", ["listing never written", "listing damaged", "listing of an old version"])
def test_a_copy_of_which_no_digest_is_known_is_compared_with_the_home(home: Settings, lost: str) -> None:
    folder = home.home.with_name("backup")
    back_up(home, folder)
    listing, marker = folder / "files.csv", folder / "backup.json"
    rows = [line.split(",") for line in listing.read_text().splitlines()]
    if lost == "listing never written":
        listing.unlink()
    elif lost == "listing damaged":
        listing.write_text("".join(f"{','.join(row[:3])},{'0' * 64}\n" for row in rows))
    else:
        known = sha256_of(listing)
        listing.write_text("".join(f"{name},{size}\n" for name, size, *_ in rows))
        marker.write_text(marker.read_text().replace(known, sha256_of(listing)))
        restore(elsewhere(home, "restored"), folder)
    rot(landed_file(folder / "files"))
    assert back_up(home, folder).files_copied == 1
    assert [line.split(",") for line in listing.read_text().splitlines()] == rows


def test_a_restore_that_was_killed_goes_on(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home.home.with_name("backup")
    back_up(home, folder)
    restored = elsewhere(home, "restored")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr(backup, "load_database", killed)
        with pytest.raises(KeyboardInterrupt):
            restore(restored, folder)
    restore(restored, folder)
    assert rows(restored) == (ROWS, 7)


def test_nothing_is_overwritten(home: Settings, tmp_path: Path) -> None:
    folder = home.home.with_name("backup")
    back_up(home, folder)
    with pytest.raises(BackupError, match="holds an installation"):
        restore(home, folder)
    other = elsewhere(home, "other")
    prepare(other)
    with pytest.raises(BackupError, match="holds the backup of"):
        back_up(other, folder)
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(BackupError, match="something else"):
        back_up(home, tmp_path)
    with pytest.raises(BackupError, match="within the home"):
        back_up(home, home.home / "backup")
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    assert rows(home) == (ROWS, 7)


def test_a_file_that_cannot_be_copied_ends_the_backup(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a file that is gone by now may be missing in it."""

    def fail(source: Path, _: Path) -> None:
        raise FileNotFoundError(source)

    folder = home.home.with_name("backup")
    monkeypatch.setattr(backup_files, "_write_copy", fail)
    with pytest.raises(FileNotFoundError):
        back_up(home, folder)
    with pytest.raises(BackupError, match="was not finished"):
        restore(elsewhere(home, "restored"), folder)


def test_a_home_without_an_installation_leaves_no_backup(homes: Path) -> None:
    with pytest.raises(PlatformDatabaseError, match="Nothing has been set up"):
        back_up(Settings(home=homes / "mistyped"), homes / "backup")
    assert list(homes.iterdir()) == []


def test_nobody_else_may_enter_a_backup(home: Settings) -> None:
    folder = home.home.with_name("backup")
    back_up(home, folder)
    assert folder.stat().st_mode & 0o077 == 0
    assert not list(folder.rglob("pgpass"))
