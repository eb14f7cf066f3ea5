"""What is written from the contracts is what they say: sources, one-line models, the union of findings."""

from __future__ import annotations

from pipelines.contracts import load_contracts, load_retired
from pipelines.from_contracts import compare_files, compare_pages
from pipelines.settings import PROJECT_ROOT


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
