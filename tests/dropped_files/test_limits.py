"""The child's limits: each ends what goes beyond it, the next file finds a new child, nobody else notices."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import psutil
import pytest
import yaml

from pipelines.contracts import load_contract
from pipelines.extract.files.job import Job, RefusedFileError
from pipelines.extract.files.limits import LIMITS, MEGABYTE
from pipelines.extract.files.parser import FileParser
from tests.support.drops import TABLE, benefits, drops_document, text_file

ROWS = 400_000


@pytest.fixture(scope="module")
def parser():
    parser = FileParser()
    yield parser
    parser.close()


@pytest.fixture
def ask(tmp_path: Path, parser: FileParser):
    path = tmp_path / "contract.yaml"
    path.write_text(yaml.safe_dump(drops_document(), allow_unicode=True))
    table = load_contract(path).tables[TABLE]

    def ask(content: bytes, **limits: int):
        file = tmp_path / "file.csv"
        file.write_bytes(content)
        job = Job.of(table, str(file), str(tmp_path / "rows.parquet"), dataclasses.replace(LIMITS, **limits))
        return parser.parse(job)

    return ask


@pytest.fixture(scope="module")
def large() -> bytes:
    return text_file([]) + text_file(benefits(1, 1_000)).split(b"\n", 1)[1] * (ROWS // 1_000)


@pytest.mark.parametrize(
    "limits", [{"memory_bytes": 220 * MEGABYTE}, {"cpu_seconds": 0}, {"wall_seconds": 0}], ids=str
)
def test_what_goes_beyond_a_limit_ends_and_the_next_file_is_read(ask, parser, large, limits) -> None:
    before = parser.restarts
    with pytest.raises(RefusedFileError) as refused:
        ask(large, **limits)
    assert refused.value.code == "file_too_costly"
    assert parser.restarts == before + 1
    assert ask(text_file(benefits(1, 3))).rows == 3


def test_the_same_file_within_its_limits_is_read_by_the_same_child_in_bounded_memory(
    ask, parser, large
) -> None:
    ask(text_file(benefits(1, 3)))
    before = parser.restarts
    parsed = ask(large)
    assert (parsed.rows, parser.restarts) == (ROWS, before)
    assert parsed.peak_memory_bytes < 700 * MEGABYTE


def test_a_child_knows_no_secret_of_ours(monkeypatch) -> None:
    parser = FileParser()
    monkeypatch.setenv("BRAIN_SOURCE_REGISTRY_PASSWORD", "secret")
    child = parser._running()
    time.sleep(0.2)
    environment = psutil.Process(child.pid).environ()
    parser.close()
    assert not [name for name in environment if name.startswith("BRAIN_")]
    assert child.poll() is not None
