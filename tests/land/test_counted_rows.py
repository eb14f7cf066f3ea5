"""The manifest says what is in a batch's files, not what should be."""

from __future__ import annotations

import pytest

from pipelines.installation.state import connect_state
from pipelines.land.batch import _Batch
from pipelines.pull import pull_system
from tests.support.registry import SYSTEM

RECORDED = "select rows_read, rows_landed, rows_quarantined from ops.batches"


@pytest.fixture
def lossy(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A writing of good rows that leaves one out."""
    whole = _Batch._good
    monkeypatch.setattr(_Batch, "_good", lambda *of: f"select * from ({whole(*of)}) offset 1")
    return monkeypatch


@pytest.fixture
def four_rows(registry) -> None:
    registry.add(1, 4)
    registry.run("update person set person_no = ' ' where person_no = 'P4'")


def pulled(settings) -> tuple:
    (outcome,) = pull_system(settings, SYSTEM)
    with connect_state(settings) as state:
        recorded = state.execute(RECORDED).fetchall()
    return outcome, recorded


@pytest.mark.usefixtures("four_rows", "lossy")
def test_a_batch_that_lost_a_row_on_its_way_to_the_disk_does_not_count(settings) -> None:
    outcome, recorded = pulled(settings)
    assert (outcome.status, outcome.error_type) == ("failed", "IncompleteBatchError")
    assert "4 rows were read, and its files hold 2 landed and 1 quarantined rows" in outcome.message
    assert recorded == []


@pytest.mark.usefixtures("four_rows")
def test_what_is_recorded_was_counted_in_the_files(settings, lossy) -> None:
    held_back = _Batch._quarantined
    lossy.setattr(_Batch, "_quarantined", lambda batch: " union all ".join([held_back(batch)] * 2))
    outcome, recorded = pulled(settings)
    assert recorded == [(4, 2, 2)]
    assert (outcome.rows_read, outcome.rows_landed, outcome.rows_quarantined) == (4, 2, 2)
