"""Say what follows from the contracts and only people can do: remove, refer otherwise, give a label."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from pipelines.contracts import RetiredSystem, SourceContract
from pipelines.from_contracts.files import Differences
from pipelines.from_contracts.left_behind import in_words, left_behind

FINDING_TYPES = Path("seeds") / "finding_types.csv"


def remarks(
    contracts: Mapping[str, SourceContract],
    retired: Mapping[str, RetiredSystem],
    dbt_project: Path,
    differences: Differences,
) -> list[str]:
    """Return what to say once `differences` are written, a line each."""
    by_hand = left_behind(contracts, retired, dbt_project, differences)
    return [*in_words(by_hand), *unlisted_findings(contracts, dbt_project)]


def unlisted_findings(contracts: Mapping[str, SourceContract], dbt_project: Path) -> list[str]:
    """Return a line for each rule whose finding is not in a dbt project's list; none without a list.

    A violation counts all the same, under its code; what has no line there is a warning of every build
    that finds one.
    """
    path = dbt_project / FINDING_TYPES
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as handle:
        listed = {row["finding"] for row in csv.DictReader(handle)}
    return [
        f"without a label: {contract.system}.{table.name}, rule '{rule.code}': the finding {rule.finding} is "
        f"not in {path.name}. Take one that is, or add a line with its Chinese label."
        for contract in contracts.values()
        for table in contract.tables.values()
        for rule in table.rules
        if rule.finding not in listed
    ]
