"""One platform database for all tests of this room; a fresh home and a real SSH server for each."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
import yaml

from pipelines.contracts import load_contract, load_contracts
from pipelines.extract.files.job import Job, ParsedFile
from pipelines.extract.files.limits import LIMITS, Limits
from pipelines.extract.files.text import read_text
from pipelines.pull import pull_system
from tests.land.conftest import platform, settings  # noqa: F401
from tests.support.drops import HEADERS, SYSTEM, TABLE, drops_document, exchanging
from tests.support.registry import write_contract


@pytest.fixture
def exchange(settings):  # noqa: F811
    """The exchange server of a system that drops text files of one month each."""
    write_contract(settings, drops_document())
    with exchanging(settings.home) as exchange:
        yield exchange


@pytest.fixture
def pull(settings):  # noqa: F811
    """Pull the system's one table."""

    def pull_once(**options):
        load_contracts.cache_clear()
        (outcome,) = pull_system(settings, SYSTEM, **options)
        return outcome

    return pull_once


@pytest.fixture
def read(tmp_path: Path):
    """Read the content of a text file: what is known of it, and its rows."""
    contract = tmp_path / "contract.yaml"
    contract.write_text(yaml.safe_dump(drops_document(), allow_unicode=True))
    table = load_contract(contract).tables[TABLE]

    def read(content: bytes, limits: Limits = LIMITS) -> tuple[ParsedFile, list[tuple]]:
        file, target = tmp_path / "file.csv", tmp_path / "dropped.parquet"
        file.write_bytes(content)
        parsed = read_text(Job.of(table, str(file), str(target), limits))
        columns = "benefit_no, head_name" + (", _raw, _unreadable" if parsed.unreadable_rows else "")
        return parsed, duckdb.sql(f"select {columns} from '{target}'").fetchall()

    return read


def rows(count: int) -> list[str]:
    """The lines of as many good rows."""
    return [f"B{i},人{i},2026-05,{i}.5,2026-05-06,注{i}\n" for i in range(1, count + 1)]


def text_of(lines: list[str], encoding: str = "utf-8", end: str = "\n") -> bytes:
    """The content of a file of these lines behind the header."""
    return "".join([",".join(HEADERS) + "\n", *lines]).replace("\n", end).encode(encoding)
