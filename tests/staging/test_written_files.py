"""What is written from the contracts is what they say: sources, one-line models, the union of findings."""

from __future__ import annotations

from pipelines.contracts import load_contracts
from pipelines.from_contracts import compare_files
from pipelines.settings import PROJECT_ROOT


def test_written_files_are_up_to_date() -> None:
    differences = compare_files(load_contracts(PROJECT_ROOT / "sources"), PROJECT_ROOT / "dbt_project")
    old = [str(path.relative_to(PROJECT_ROOT)) for path in (*differences.written, *differences.removed)]
    assert not old, f"{old} are not what the contracts say. Run: brain sources write"
