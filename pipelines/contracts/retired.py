"""Retired sources: their landed data stays, and `retired.yaml` records why nothing follows.

A system that has neither a folder nor an entry there is an error, not a retirement.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.contracts.model import ContractError, SourceContract
from pipelines.contracts.words import mapping, read_yaml

FILE_NAME = "retired.yaml"
FIELDS = ("system", "label", "retired_on", "reason", "successor")


@dataclass(frozen=True)
class RetiredSystem:
    """A former source system; `successor` is the system that replaced it, if any."""

    system: str
    label: str
    retired_on: date
    reason: str
    successor: str | None = None


def load_retired(sources_dir: Path, contracts: Mapping[str, SourceContract]) -> dict[str, RetiredSystem]:
    """Load the retired systems by name; empty if the file does not exist.

    Raises:
        ContractError: an entry is incomplete, has unknown fields or successors, or still has a contract.
    """
    path = Path(sources_dir) / FILE_NAME
    document = mapping(str(path), read_yaml(path) if path.exists() else {}, ("retired",))
    listed = document.get("retired") or []
    systems = [_entry(path, entry) for entry in (listed if isinstance(listed, list) else [listed])]
    for entry in systems:
        if [other.system for other in systems].count(entry.system) > 1:
            raise ContractError(f"{path}: '{entry.system}' is there more than once.")
        if entry.system in contracts:
            raise ContractError(
                f"{path}: '{entry.system}' is retired and has a contract; remove one of the two."
            )
        if entry.successor is not None and entry.successor not in contracts:
            raise ContractError(
                f"{path}: the successor '{entry.successor}' of '{entry.system}' has no contract."
            )
    return {entry.system: entry for entry in systems}


def no_such_system(
    system: str, contracts: Mapping[str, SourceContract], retired: Mapping[str, RetiredSystem]
) -> LookupError:
    """Return the error for a system without a contract: it was retired, or there never was one."""
    if system in retired:
        entry = retired[system]
        return LookupError(
            f"'{system}' was retired on {entry.retired_on} ({entry.reason}) and has no contract any more. "
            "What it landed, and what waits of it in quarantine, stays as it is."
        )
    return LookupError(f"No source system '{system}'. There are: {', '.join(contracts)}.")


def refuse_unknown_systems(
    landed: Collection[str], contracts: Mapping[str, SourceContract], retired: Mapping[str, RetiredSystem]
) -> None:
    """Raise if batches have landed from a system with neither contract nor retirement.

    Raises:
        ContractError: names the systems and what to write.
    """
    if unknown := sorted(set(landed) - set(contracts) - set(retired)):
        raise ContractError(
            f"Batches of {', '.join(unknown)} have landed, and sources/ has neither a contract nor an entry "
            f"in {FILE_NAME} for it. Nothing was registered. Put back sources/{unknown[0]}/contract.yaml, or "
            f"say in sources/{FILE_NAME} since when and why it is no longer a source ({', '.join(FIELDS)})."
        )


def _entry(path: Path, value: Any) -> RetiredSystem:
    words = dict(value) if isinstance(value, Mapping) else {}
    texts = [words.get(name) for name in FIELDS if name != "retired_on" and name in {*FIELDS[:-1], *words}]
    is_whole = all(isinstance(text, str) and text for text in texts)
    if not is_whole or set(words) - set(FIELDS) or type(words.get("retired_on")) is not date:
        raise ContractError(
            f"{path}: each entry of 'retired' says {', '.join(FIELDS[:-1])} (a date) and may say successor; "
            f"one says {words or value!r}."
        )
    return RetiredSystem(**words)
