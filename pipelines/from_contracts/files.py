"""Compare the files that the contracts generate with those on disk, and write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from pipelines.contracts import RetiredSystem, SourceContract
from pipelines.from_contracts.catalogue import catalogue_pages
from pipelines.from_contracts.dbt_sources import landed_sources
from pipelines.from_contracts.findings_model import findings_sql
from pipelines.from_contracts.named_models import NAMED, named_sql
from pipelines.from_contracts.staging_models import (
    is_one_line,
    model_description,
    model_name,
    model_sql,
    versions_description,
    versions_name,
    versions_sql,
)
from pipelines.installation.durable_files import write_durably

MARK = "# Written by `brain sources write` from "


@dataclass(frozen=True)
class Differences:
    """Files that do not match the contracts: those to write with their text, and those to remove."""

    written: Mapping[Path, str]
    removed: tuple[Path, ...]

    def __bool__(self) -> bool:
        return bool(self.written or self.removed)


def compare_files(contracts: Mapping[str, SourceContract], dbt_project: Path) -> Differences:
    """Return what to write and remove in a dbt project; hand-written models are left alone."""
    wanted = _wanted(contracts, dbt_project / "models")
    written = _old(wanted)
    staging = dbt_project / "models" / "staging"
    removed = (path for path in sorted(staging.glob("*/*")) if path not in wanted and _is_written(path))
    return Differences(written, tuple(removed))


def compare_pages(
    contracts: Mapping[str, SourceContract], retired: Mapping[str, RetiredSystem], folder: Path
) -> Differences:
    """Return what to write and remove in the catalogue's folder, which holds nothing else."""
    wanted = catalogue_pages(contracts, retired, folder)
    removed = tuple(path for path in sorted(folder.glob("*.md")) if path not in wanted)
    return Differences(_old(wanted), removed)


def write_files(differences: Differences) -> None:
    """Write and remove the files; a folder that becomes empty is removed too.

    Each is written whole or stays as it was: the beginning of a model would be taken for one written by hand.
    """
    for path, text in differences.written.items():
        if not path.parent.exists():
            path.parent.mkdir(parents=True)
            path.parent.chmod(0o755)
        write_durably(path, partial(_write, text))
    for path in differences.removed:
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()


def _write(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8")
    # It holds no data, and whoever runs the platform reads it: the home's closed mask does not apply.
    path.chmod(0o644)


def _old(wanted: Mapping[Path, str]) -> dict[Path, str]:
    return {
        path: text for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text
    }


def _wanted(contracts: Mapping[str, SourceContract], models: Path) -> dict[Path, str]:
    wanted: dict[Path, str] = {}
    for contract in contracts.values():
        wanted |= _of_system(contract, models / "staging" / contract.system)
    quality = models / "quality"
    checks = [path.stem for path in quality.glob("*_checks.sql")]
    wanted[quality / "row_findings.sql"] = findings_sql(contracts, checks)
    for word, model in NAMED.items():
        wanted[models / "intermediate" / f"{word}s" / f"{model}.sql"] = named_sql(contracts, word)
    return wanted


def _of_system(contract: SourceContract, folder: Path) -> dict[Path, str]:
    system = contract.system
    wanted = {folder / f"_{system}__sources.yml": _document(system, landed_sources(contract))}
    described = []
    for table in contract.tables.values():
        path = folder / f"{model_name(contract, table)}.sql"
        if not path.exists() or is_one_line(path.read_text("utf-8")):
            wanted[path] = model_sql(contract, table)
            described.append(model_description(contract, table))
        if table.keeps_history:
            wanted[folder / f"{versions_name(contract, table)}.sql"] = versions_sql(contract, table)
            described.append(versions_description(contract, table))
    if described:
        document = {"version": 2, "models": described}
        wanted[folder / f"_{system}__models.yml"] = _document(system, document)
    return wanted


def _document(system: str, value: Any) -> str:
    text = yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)
    return f"{MARK}sources/{system}/contract.yaml; change it there.\n{text}"


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _: Any) -> bool:
        """Return True: aliases make YAML hard to read, so everything is written in full."""
        return True


def _is_written(path: Path) -> bool:
    text = path.read_text("utf-8")
    return text.startswith(MARK) or (path.suffix == ".sql" and is_one_line(text))
