"""Two hundred files through the whole engine: each good one lands, each bad one is refused or quarantined."""

from __future__ import annotations

import os
import time

import psutil
import pytest

from pipelines.extract.files.limits import LIMITS
from pipelines.extract.files.parser import FileParser
from pipelines.installation.state import connect_state
from pipelines.land import dropped_files
from tests.dropped_files.corpus import corpus
from tests.support.drops import drops_document
from tests.support.registry import write_contract

LARGEST_GROWTH_BYTES = 400 << 20
PULL_SECONDS = 300


def two_formats() -> dict:
    """One system with a table of text files and one of workbooks; every file is a batch of its own."""
    document = drops_document("csv", "delta")
    books = drops_document("excel", "delta")["schema"][0]
    books |= {"name": "benefit_book", "physicalName": "benefit_book"}
    document["schema"].append(books)
    return document


def test_every_file_of_the_corpus_gets_what_is_due_to_it(settings, exchange, pull_all, monkeypatch) -> None:
    monkeypatch.setattr(dropped_files, "PARSER", parser := FileParser())
    write_contract(settings, two_formats())
    files = corpus()
    assert len(files) >= 200
    for name, (_, content, _) in files.items():
        exchange.drop(name, content)
    before = psutil.Process().memory_info().rss
    started = time.monotonic()
    outcomes = pull_all()
    seconds = time.monotonic() - started
    assert [outcome.status for outcome in outcomes] == ["landed", "landed"]
    with connect_state(settings) as state:
        rows = state.execute(
            """
            select
                file_name, files.status, reason_code, coalesce(rows_quarantined, 0),
                findings -> 0 ->> 'finding', files.rows_read, coalesce(batches.rows_read, 0),
                length(reason) > 0
            from ops.files as files left join ops.batches as batches using (batch_id)
            """
        ).fetchall()
        peak = state.execute("select max(peak_memory_bytes) from ops.files").fetchone()[0]
    found = {name: tuple(rest[:4]) for name, *rest in rows}
    due = {
        name: (kind.status, kind.code, kind.quarantined, kind.finding) for name, (kind, _, _) in files.items()
    }
    assert {name: (found[name], due[name]) for name in due if found[name] != due[name]} == {}
    assert all(parsed == landed for *_, parsed, landed, _ in rows)
    assert all(has_reason for _, status, *_, has_reason in rows if status != "landed")
    assert peak < LIMITS.memory_bytes / 2
    assert psutil.Process().memory_info().rss - before < LARGEST_GROWTH_BYTES
    # The one file that no limit but the child's own can stop ends one child, and only that one.
    assert parser.restarts == 1
    assert seconds < PULL_SECONDS
    parser.close()


def test_a_file_of_ten_gigabytes_is_not_even_fetched(exchange, pull) -> None:
    path = exchange.drop("benefit_202605_a.csv", b"x")
    os.truncate(path, 10 << 30)
    started = time.monotonic()
    assert "10240 MB; 512 are allowed" in pull().message
    assert time.monotonic() - started < 30


@pytest.fixture
def pull_all(settings):
    from pipelines.contracts import load_contracts
    from pipelines.pull import pull_system

    load_contracts.cache_clear()
    return lambda: pull_system(settings, "registry")
