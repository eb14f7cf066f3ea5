"""The platform's own PostgreSQL says what is wrong with it, and recovers."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from pipelines.installation import postgres_lock
from pipelines.installation.database_dump import dump_database
from pipelines.installation.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from pipelines.installation.state import (
    PlatformDatabaseError,
    connect_state,
    embedded_server,
    prepare,
    state_conninfo,
)
from pipelines.lake.connection import reader, writer
from pipelines.settings import Settings
from tests.support.servers import running_platform, temporary_home


def test_a_server_that_runs_and_does_not_answer_is_told_of_and_started_again() -> None:
    with temporary_home() as home:
        settings = Settings(home=home)
        prepare(settings)
        server = embedded_server(settings)
        # As whoever cleans temporary folders does.
        for left in server.socket_dir.glob(".s.PGSQL.*"):
            left.unlink()
        with pytest.raises(EmbeddedPostgresError, match=r"does not answer.*Nothing was changed.*brain stop"):
            prepare(settings)
        server.stop()
        prepare(settings)
        connect_state(settings).close()
        server.stop()


@pytest.fixture(scope="module")
def other() -> Iterator[EmbeddedPostgres]:
    """The running server of another home."""
    with running_platform() as settings:
        yield embedded_server(settings)


@pytest.fixture
def home() -> Iterator[Path]:
    """A home whose server is stopped at the end."""
    with temporary_home() as path:
        yield path
        embedded_server(Settings(home=path)).stop()


def lock_files(server: EmbeddedPostgres) -> list[Path]:
    return [server.data_dir / "postmaster.pid", server.socket_dir / ".s.PGSQL.5432.lock"]


def pid_of(server: EmbeddedPostgres) -> int:
    return int(lock_files(server)[0].read_text().splitlines()[0])


def cut_power(server: EmbeddedPostgres, reused_by: int) -> None:
    """Leave the lock files of a server that has ended, with a pid that another process has now."""
    left = {path: path.read_text().splitlines()[1:] for path in lock_files(server)}
    server.stop()
    for path, lines in left.items():
        path.write_text("\n".join([str(reused_by), *lines, ""]))
        shutil.chown(path, server.data_dir.stat().st_uid)


def answers(server: EmbeddedPostgres) -> bool:
    with connect_state(Settings(home=server.data_dir.parents[1])) as connection:
        shown = connection.execute("show data_directory").fetchone()
    return shown == (str(server.data_dir),)


def test_a_pid_that_another_server_has_now_is_neither_believed_nor_stopped(
    home: Path, other: EmbeddedPostgres
) -> None:
    settings = Settings(home=home)
    prepare(settings)
    server = embedded_server(settings)
    cut_power(server, reused_by=pid_of(other))
    assert not server.is_running()
    server.stop()
    assert other.is_running()
    prepare(settings)
    assert answers(server)
    assert pid_of(server) != pid_of(other)
    server.stop()
    assert not server.is_running()
    assert answers(other)


def test_a_lock_file_that_a_power_cut_emptied_does_not_keep_a_server_from_starting(home: Path) -> None:
    settings = Settings(home=home)
    prepare(settings)
    server = embedded_server(settings)
    server.stop()
    for path in lock_files(server):
        path.write_bytes(b"")
    prepare(settings)
    assert answers(server)


def test_a_home_that_was_copied_while_its_server_ran_has_its_own(home: Path, other: EmbeddedPostgres) -> None:
    other_home = other.data_dir.parents[1]
    for folder in ("postgres", "secrets"):
        # As `cp -a` does, which copies owners and sockets.
        subprocess.run(["cp", "-a", str(other_home / folder), str(home)], check=True)
    copied = embedded_server(Settings(home=home))
    assert pid_of(copied) == pid_of(other)
    copied.stop()
    assert other.is_running()
    prepare(Settings(home=home))
    assert answers(copied)
    copied.stop()
    assert answers(other)


def test_a_server_is_known_by_its_folder_even_if_the_folder_moved_or_cannot_be_seen(
    home: Path, other: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = home / "link"
    link.symlink_to(other.data_dir)
    assert postgres_lock.server_runs(link)
    prepare(Settings(home=home))
    server = embedded_server(Settings(home=home))
    moved = server.data_dir.rename(server.data_dir.with_name("moved"))
    assert postgres_lock.server_runs(moved)
    moved.rename(server.data_dir)

    def denied(process: psutil.Process) -> str:
        raise psutil.AccessDenied(process.pid)

    monkeypatch.setattr(psutil.Process, "cwd", denied)
    assert server.is_running()
    assert other.is_running()
    cut_power(server, reused_by=pid_of(other))
    assert not server.is_running()


def test_a_lost_password_is_replaced_by_the_next_start(home: Path) -> None:
    settings = Settings(home=home)
    prepare(settings)
    server = embedded_server(settings)
    lost = server.password()
    server.password_file.unlink()
    with pytest.raises(EmbeddedPostgresError, match=r"pgpass, is missing.*brain stop.*new password"):
        prepare(settings)
    with pytest.raises(PlatformDatabaseError, match=r"is missing.*`brain stop`.*`brain start`"):
        connect_state(settings)
    server.stop()
    connect_state(settings).close()
    assert server.password() != lost
    assert server.password_file.stat().st_mode & 0o777 == 0o600
    assert server.password() not in (home / "postgres" / "postgres.log").read_text()


def test_a_password_that_cannot_be_replaced_is_told_of(home: Path) -> None:
    prepare(Settings(home=home))
    server = embedded_server(Settings(home=home))
    server.stop()
    server.password_file.unlink()
    with pytest.raises(EmbeddedPostgresError, match=r'pgpass is missing.*role "nobody" does not exist'):
        replace(server, user="nobody").start()
    assert not server.password_file.exists()


def test_a_home_may_have_spaces_and_chinese_characters_in_its_path() -> None:
    with temporary_home() as folder:
        settings = Settings(home=folder / "社区 大脑" / "主页，甲(1)")
        prepare(settings)
        try:
            with writer(settings) as connection:
                connection.execute("create schema core; create table core.built as from range(7)")
            with reader(settings) as connection:
                assert connection.execute("select count(*) from core.built").fetchone() == (7,)
            dump_database(state_conninfo(settings), settings.home / "platform.dump")
        finally:
            embedded_server(settings).stop()
