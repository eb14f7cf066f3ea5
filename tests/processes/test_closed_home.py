"""Other users of the machine read nothing in a home, and the servers that run as other users still work."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pipelines.installation.closed_home import keep_closed, make_home
from pipelines.installation.state import connect_state, embedded_server
from pipelines.operations.runs import prepare_environment
from pipelines.settings import PROJECT_ROOT, Settings
from simulator.serve import postgres
from tests.support.closed import readable_by_others
from tests.support.servers import temporary_home

NOBODY = 65534
BRAIN = Path(sys.executable).with_name("brain")
ROWS = (
    "landing/population/hj_person/batch.parquet", "lake/core/dim_persons/1.parquet", "quarantine/1.parquet",
    "findings/1.parquet", "dagster/runs.db", "logs/runs.log", "truth/persons.parquet",
    "simulator/notes.json", "simulator/population/hj_person.parquet", "simulator/exchange/drops/a.xlsx",
)  # fmt: skip


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that is not there yet, in a folder that everybody may pass."""
    with temporary_home() as folder:
        yield folder / "home"
        server = embedded_server(Settings(home=folder / "home"))
        if server.is_initialised():
            server.stop()


def brain(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BRAIN, *arguments],
        env=os.environ | {"BRAIN_HOME": str(home)},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def open_home(home: Path) -> None:
    """A home as an older release left it."""
    for name in ROWS:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("张三")
        path.chmod(0o644)
    for path in (home, *home.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)


def test_the_next_command_closes_an_open_home(home: Path) -> None:
    open_home(home)
    assert len(readable_by_others(home)) > len(ROWS)
    brain(home, "sources", "show", "population")
    assert readable_by_others(home) == []
    assert (home / "landing" / "population" / "hj_person" / "batch.parquet").read_text() == "张三"


def test_what_a_command_writes_is_closed_and_its_database_answers(home: Path) -> None:
    refused = brain(home, "pull", "nobody")
    assert "No such source system" in refused.stderr
    assert readable_by_others(home / "postgres" / "cluster") == []
    assert {name for name in readable_by_others(home) if not name.startswith("postgres")} == set()
    connect_state(Settings(home=home)).close()


def test_a_new_home_may_be_passed_through_on_the_way_to_a_database(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", os.environ | {})
    umask = os.umask(0o077)
    try:
        prepare_environment(Settings(home=home))
    finally:
        os.umask(umask)
    assert (stat.S_IMODE(home.stat().st_mode), readable_by_others(home)) == (0o711, [])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_reads_nothing(home: Path) -> None:
    open_home(home)
    brain(home, "sources", "show", "population")
    as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    for name in ROWS:
        read = subprocess.run([*as_nobody, "cat", home / name], capture_output=True, check=False)
        assert (read.returncode, read.stdout) == (1, b""), name


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts servers as other users")
def test_a_source_below_closed_folders_starts_without_rights_to_read_everything(home: Path) -> None:
    umask = os.umask(0)
    try:
        keep_closed(home)
        make_home(home)
        (home / "simulator" / "population").mkdir(parents=True)
        keep_closed(home)
        server = postgres.server(home, "population")
        server.start()
    finally:
        os.umask(umask)
    try:
        psycopg.connect(server.conninfo("postgres")).close()
        assert "dac_read_search" not in " ".join(server._lowered())
    finally:
        server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to another user")
@pytest.mark.parametrize("made", ["secrets/pgpass", "extensions"])
def test_nobody_works_in_the_home_of_another_user_not_even_root(home: Path, made: str) -> None:
    """Its database, started as root, would lock its owner out for good."""
    (home / made).parent.mkdir(parents=True)
    (home / made).mkdir()
    for path in (home, *home.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    before = sorted(home.rglob("*"))
    for command in ("start", "status", "stop"):
        refused = brain(home, command)
        assert refused.returncode == 1
        assert "is of the user nobody, and this command runs as root" in refused.stderr
    assert sorted(home.rglob("*")) == before
