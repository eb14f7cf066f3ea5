"""Name the hand-written files of a dbt project that refer to tables which no contract has any more.

`brain sources write` removes what it wrote; what people wrote is theirs to mend, and a build ends there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from pipelines.contracts import RetiredSystem, SourceContract
from pipelines.from_contracts.files import Differences

FOLDERS = ("models", "macros", "tests", "snapshots")
SUFFIXES = (".sql", ".yml")
COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*|^\s*#[^\n]*", re.DOTALL | re.MULTILINE)
WHAT_TO_DO = (
    "No contract has these tables any more, and people wrote these files: remove each, or what in it refers "
    "to them. The next build ends there."
)
STAGED = re.compile(r"\bstg_([a-z0-9_]+?)__[a-z0-9_]+")


def left_behind(
    contracts: Mapping[str, SourceContract],
    retired: Mapping[str, RetiredSystem],
    dbt_project: Path,
    differences: Differences,
) -> dict[Path, tuple[str, ...]]:
    """Return the hand-written files that refer to what is gone once `differences` are written, and to what.

    Gone is a contracted system's staging model that is not there, and whatever is of a system that had a
    contract: one that is retired, or still has a folder of models.
    """
    staging = dbt_project / "models" / "staging"
    folders = {path.name for path in staging.glob("*") if path.is_dir()}
    gone = (folders | set(retired)) - set(contracts)
    kept = [path for path in _files(dbt_project) if path not in differences.removed]
    models = {path.stem for path in (*kept, *differences.written) if path.suffix == ".sql"}
    found = {
        path: tuple(sorted({*_staged(text, contracts, gone, models), *_landed(text, gone)}))
        for path in kept
        if path not in differences.written
        for text in [COMMENT.sub("", path.read_text("utf-8"))]
    }
    return {path: names for path, names in found.items() if names}


def in_words(by_hand: Mapping[Path, Collection[str]]) -> list[str]:
    """Return a line for each file that `left_behind` found, and one that says what to do."""
    lines = [
        f"by hand: {os.path.relpath(path)} refers to {', '.join(names)}" for path, names in by_hand.items()
    ]
    return [*lines, WHAT_TO_DO] if lines else []


def _files(dbt_project: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (p for p in sorted((dbt_project / folder).rglob("*")) if p.suffix in SUFFIXES)


def _staged(
    text: str, contracted: Collection[str], gone: Collection[str], models: Collection[str]
) -> Iterator[str]:
    """Yield the staging models of which there are none any more."""
    for found in STAGED.finditer(text):
        if found[1] in gone or (found[1] in contracted and found[0] not in models):
            yield found[0]


def _landed(text: str, gone: Collection[str]) -> Iterator[str]:
    """Yield the landed tables of systems that are gone, also those whose name a macro is given."""
    if gone:
        systems = "|".join(map(re.escape, sorted(gone)))
        yield from re.findall(rf"\b((?:{systems})__\w+)", text)
        for system, table in re.findall(rf"\(\s*[\"']({systems})[\"']\s*,\s*[\"'](\w+)[\"']", text):
            yield f"{system}__{table}"
