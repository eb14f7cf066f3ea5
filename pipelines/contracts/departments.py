"""The departments responsible for data, listed in `departments.yaml` with a code and a name each.

An owner spelled in two ways would count as two owners in statistics, queries and work orders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import yaml

from pipelines.contracts.model import ContractError, SourceContract

FILE_NAME = "departments.yaml"
FIELDS = {"code", "name"}


def load_departments(sources_dir: Path) -> dict[str, str]:
    """Load the names by code; empty if the file does not exist.

    Raises:
        ContractError: an entry is incomplete, or a code or a name occurs twice.
    """
    path = Path(sources_dir) / FILE_NAME
    if not path.exists():
        return {}
    entries = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("departments") or []
    for entry in entries:
        if not isinstance(entry, Mapping) or set(entry) != FIELDS:
            raise ContractError(f"{path}: each department says code and name; one says {entry!r}.")
    for field in sorted(FIELDS):
        value, times = Counter(entry[field] for entry in entries).most_common(1)[0]
        if times > 1:
            raise ContractError(f"{path}: the {field} '{value}' is there {times} times; give each its own.")
    return {entry["code"]: entry["name"] for entry in entries}


def check_owner(path: Path, contract: SourceContract, departments: Mapping[str, str]) -> None:
    """Reject an owner that is not in the list; without a list any owner is valid.

    Raises:
        ContractError: gives the spelling in the list, or says where to add it.
    """
    if not departments or departments.get(contract.owner_code) == contract.owner:
        return
    known = departments.get(contract.owner_code)
    said = f"'{contract.owner_code}' is {known} there" if known else f"'{contract.owner_code}' is not in it"
    raise ContractError(
        f"{path}: team is {contract.owner} with the code '{contract.owner_code}', which {FILE_NAME} has "
        f"otherwise: {said}. Write it as there, or add the department."
    )
