"""Compare the columns of a source with its contract.

The contract's policy decides what follows: `freeze` stops the table; `evolve` admits a new column and reads a
missing one as null; `quarantine` continues with the agreed columns and ignores a new one. Retyped values are
cast row by row and quarantined where the cast fails, unless types are frozen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from pipelines.contracts import Column, SourceContract, TableContract
from pipelines.extract.drift_words import (
    LEFT_OUT,
    MISSING,
    MISSING_TABLE,
    NEW,
    NO_WINDOW,
    RENAMED,
    REORDERED,
    RETYPED,
    Drifted,
)
from pipelines.extract.errors import SchemaChangedError
from pipelines.extract.raw_rows import PATH

Kind = TypeVar("Kind", bound=str | None)
OF_THE_SOURCE = "of the source"
# An admitted name appears in SQL beside the columns that landing adds (`_batch_id`).
A_COLUMN = re.compile(r"[^\W_][\w()（）%/.-]{0,62}")


def by_contract(
    table: TableContract, found: Mapping[str, Kind], *, is_nested: bool = False
) -> dict[str, Kind]:
    """Map the found columns to the contract's names, in found order; unknown ones keep their names.

    Args:
        is_nested: a source name may be a path, of which the source has the first part.
    """
    agreed: dict[str, list[str]] = {}
    for column in table.columns:
        own = column.source_name.split(PATH)[0] if is_nested else column.source_name
        agreed.setdefault(own, []).append(column.name)
    named: dict[str, Kind] = {}
    for own, kind in found.items():
        # A column that merely shares the name of another gets a name that is never admitted.
        alone = f"{own} {OF_THE_SOURCE}" if own in table.column_names else own
        named |= dict.fromkeys(agreed.get(own, [alone]), kind)
    return named


def compare(
    contract: SourceContract,
    table: TableContract,
    found: Mapping[str, str | None],
    *,
    is_ordered: bool = False,
) -> tuple[Drifted, ...]:
    """Return every difference between the contract's columns and those found, given their DuckDB types.

    A type of None is unknown and not compared. Column order is compared where the source has one
    (`is_ordered`), although values are always read by name.
    """
    columns, types = contract.drift.columns, contract.drift.types
    renamed = _probably_renamed(table, found)
    changes = [
        Drifted(RENAMED, old, columns, new=new, source_name=_other_name(table, old))
        for old, new in renamed.items()
    ]
    changes += [
        Drifted(MISSING, name, columns, source_name=_other_name(table, name))
        for name in table.column_names
        if name not in found and name not in renamed
    ]
    changes += [
        _new(name, found[name] or "text", columns) for name in found if name not in table.column_names
    ]
    changes += [
        _retyped(table, column, kind, types)
        for column in table.columns
        if (kind := found.get(column.name)) is not None and kind != column.duckdb_type
    ]
    if is_ordered:
        changes += _reordered(table, found, columns)
    return tuple(changes)


def _other_name(table: TableContract, name: str) -> str:
    own = table.source_name(name)
    return "" if own == name else own


def _retyped(table: TableContract, column: Column, kind: str, policy: str) -> Drifted:
    change = Drifted(RETYPED, column.name, policy, old=column.duckdb_type, new=kind)
    if column.name != table.ingest.cursor or kind != "VARCHAR":
        return change
    # Text sorts differently from timestamps: a window over it would silently omit rows.
    return replace(change, policy="freeze", remark=NO_WINDOW)


def _new(name: str, kind: str, policy: str) -> Drifted:
    if policy == "evolve" and not A_COLUMN.fullmatch(name):
        return Drifted(NEW, name, "quarantine", new=kind, remark=LEFT_OUT)
    return Drifted(NEW, name, policy, new=kind)


def _probably_renamed(table: TableContract, found: Mapping[str, str | None]) -> dict[str, str]:
    """Return missing columns with the new one in the same position, or the only new one if one is missing."""
    missing = [column for column in table.columns if column.name not in found]
    new = [name for name in found if name not in table.column_names]
    places = {name: place for place, name in enumerate(found)}
    renamed = {}
    for column in missing:
        same_type = [name for name in new if found[name] in (None, column.duckdb_type)]
        in_place = [name for name in same_type if places[name] == table.column_names.index(column.name)]
        alone = same_type if len(missing) == len(new) == 1 else []
        for name in (in_place or alone)[:1]:
            renamed[column.name] = name
    return renamed


def _reordered(table: TableContract, found: Mapping[str, str | None], policy: str) -> list[Drifted]:
    agreed = [name for name in table.column_names if name in found]
    there = [name for name in found if name in table.column_names]
    moved = [name for name, other in zip(agreed, there, strict=True) if name != other]
    if not moved:
        return []
    # A single change however many columns moved; values are read by name, so nothing else follows.
    return [Drifted(REORDERED, moved[0], policy, new=", ".join(there))]


def refuse_if_frozen(contract: SourceContract, table: TableContract, drift: Sequence[Drifted]) -> None:
    """Raise if the policy or a required column demands it.

    Raises:
        SchemaChangedError: lists every difference and says what to do.
    """
    stopping = [change for change in drift if _stops(table, change)]
    if stopping:
        listed = "; ".join(f"'{change.column}': {change.difference}" for change in stopping)
        refusal = SchemaChangedError(
            f"{contract.system}.{table.name} no longer has the columns of its contract: {listed}.",
            next_step=f"Ask {contract.owner} whether the change is meant; if so, change "
            f"sources/{contract.system}/contract.yaml and pull again.",
        )
        refusal.drift = tuple(drift)
        raise refusal


def missing_table(contract: SourceContract, table: TableContract, holder: str) -> SchemaChangedError:
    """Return the error for a missing table.

    Args:
        holder: the source that was queried, as the beginning of a sentence.
    """
    refusal = SchemaChangedError(
        f"{holder} has no table '{table.physical_name}'.",
        next_step=f"Ask {contract.owner} where it went; correct the contract if it was renamed.",
    )
    refusal.drift = (Drifted(MISSING_TABLE, "", contract.drift.tables, old=table.physical_name),)
    return refusal


def is_passed_over(drift: Sequence[Drifted]) -> bool:
    """Return whether the only change is a missing table that the policy skips."""
    return bool(drift) and all(change.kind == MISSING_TABLE and change.policy != "freeze" for change in drift)


def _stops(table: TableContract, change: Drifted) -> bool:
    if change.policy == "freeze":
        return change.kind != REORDERED
    if change.kind not in (MISSING, RENAMED):
        return False
    return change.policy != "evolve" or table.column(change.column).required
