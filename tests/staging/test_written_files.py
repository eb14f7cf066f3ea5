"""What is written from the contracts is what they say: sources, one-line models, the union of findings."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.contracts import load_contracts, load_retired
from pipelines.from_contracts import compare_files, compare_pages, write_files
from pipelines.from_contracts.files import Differences
from pipelines.settings import PROJECT_ROOT


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file grow beyond this many bytes, as on a disk that is almost full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


def test_written_files_are_up_to_date() -> None:
    sources = PROJECT_ROOT / "sources"
    contracts = load_contracts(sources)
    found = (
        compare_files(contracts, PROJECT_ROOT / "dbt_project"),
        compare_pages(contracts, load_retired(sources, contracts), PROJECT_ROOT / "docs" / "sources"),
    )
    old = [
        str(path.relative_to(PROJECT_ROOT))
        for differences in found
        for path in (*differences.written, *differences.removed)
    ]
    assert not old, f"{old} are not what the contracts say. Run: brain sources write"


@pytest.mark.parametrize("size", [0, 20])
def test_a_model_that_the_disk_had_no_room_for_is_written_later(tmp_path: Path, size: int) -> None:
    """Its beginning would be taken for a model written by hand, and stay for good."""
    contracts = {"training": load_contracts(PROJECT_ROOT / "sources")["training"]}
    (tmp_path / "models" / "quality").mkdir(parents=True)
    wanted = compare_files(contracts, tmp_path)
    models = {path: text for path, text in wanted.written.items() if path.suffix == ".sql"}
    with room_for(size), pytest.raises(OSError, match="File too large"):
        write_files(Differences(models, ()))
    write_files(compare_files(contracts, tmp_path))
    assert {path: path.read_text("utf-8") for path in wanted.written} == wanted.written
    assert not compare_files(contracts, tmp_path)


def test_what_is_written_can_be_read_by_whoever_runs_the_platform(tmp_path: Path) -> None:
    umask = os.umask(0o077)
    try:
        write_files(Differences({tmp_path / "staging" / "library" / "a.sql": "select 1"}, ()))
    finally:
        os.umask(umask)
    written = tmp_path / "staging" / "library" / "a.sql"
    assert (written.stat().st_mode & 0o777, written.parent.stat().st_mode & 0o777) == (0o644, 0o755)
