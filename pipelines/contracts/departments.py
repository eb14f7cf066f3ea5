"""The departments responsible for data, listed in `departments.yaml` with a code and a name each.

An owner spelled in two ways would count as two owners in statistics, queries and work orders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pipelines.contracts.model import ContractError, SourceContract
from pipelines.contracts.words import mapping, read_yaml

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
    entries = mapping(str(path), read_yaml(path), ("departments",)).get("departments") or []
    for entry in entries if isinstance(entries, list) else [entries]:
        if not isinstance(entry, Mapping) or set(entry) != FIELDS or not all(map(_is_text, entry.values())):
            raise ContractError(f"{path}: each department says code and name; one says {entry!r}.")
    for field in sorted(FIELDS):
        for value, times in Counter(entry[field] for entry in entries).items():
            if times > 1:
                raise ContractError(
                    f"{path}: the {field} '{value}' is there {times} times; give each its own."
                )
    return {entry["code"]: entry["name"] for entry in entries}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


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
