"""The columns that a source has, against those that its contract says.

What happens then is the contract's policy: `freeze` stops the table, `evolve`
lets a new column in and reads a missing one as empty, `quarantine` goes on with
the columns that are agreed and leaves a new one where it is. Retyped values are
cast row by row and quarantined where they do not cast, unless types are frozen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.contracts import Column, SourceContract, TableContract
from pipelines.extract.errors import SchemaChangedError
from pipelines.extract.raw_rows import PATH

MISSING, NEW, RENAMED, RETYPED, REORDERED = "missing", "new", "renamed", "retyped", "reordered"
# Found by the readers of files and by door 1.
ENCODING, UNKNOWN_CODE, MISSING_TABLE = "encoding", "unknown_code", "missing_table"
OF_THE_SOURCE = "of the source"
# What is let in stands in SQL, beside the columns that landing adds (`_batch_id`).
A_COLUMN = re.compile(r"[^\W_][\w()（）%/.-]{0,62}")


@dataclass(frozen=True)
class Drifted:
    """One column that is not as agreed."""

    kind: str
    column: str
    difference: str
    policy: str


def by_contract(
    table: TableContract, found: Mapping[str, str | None], *, is_nested: bool = False
) -> dict[str, str | None]:
    """The columns found under the contract's names, in the order found; what is not agreed keeps its own.

    Args:
        is_nested: a source's name may be a path, of which the source has the first part.
    """
    agreed: dict[str, list[str]] = {}
    for column in table.columns:
        own = column.source_name.split(PATH)[0] if is_nested else column.source_name
        agreed.setdefault(own, []).append(column.name)
    named = {}
    for own, kind in found.items():
        # What only bears the name of another column gets one that is never let in.
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
    """Every difference between the contract's columns and those found with their DuckDB types.

    A type of None is not known and not compared. The order of columns is compared where the source
    has one (`is_ordered`), though values are always taken by name.
    """
    columns, types = contract.drift.columns, contract.drift.types
    renamed = _probably_renamed(table, found)
    changes = [
        Drifted(RENAMED, old, f"{_gone(table, old)}; probably renamed to '{new}', which is new", columns)
        for old, new in renamed.items()
    ]
    changes += [
        Drifted(MISSING, name, _gone(table, name), columns)
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


def _gone(table: TableContract, name: str) -> str:
    own = table.source_name(name)
    return "missing" if own == name else f"missing (the source's name for it: '{own}')"


def _retyped(table: TableContract, column: Column, kind: str, policy: str) -> Drifted:
    difference = f"{column.duckdb_type} became {kind}"
    if column.name != table.ingest.cursor or kind != "VARCHAR":
        return Drifted(RETYPED, column.name, difference, policy)
    # Texts have another order than times: a window of them would leave rows out and say nothing.
    advice = "a cursor that is text gives no window, so that the table needs ingest mode 'full'"
    return Drifted(RETYPED, column.name, f"{difference}; {advice}", "freeze")


def _new(name: str, kind: str, policy: str) -> Drifted:
    difference = f"new column of type {kind}"
    if policy == "evolve" and not A_COLUMN.fullmatch(name):
        return Drifted(NEW, name, f"{difference}, left out for its name", "quarantine")
    return Drifted(NEW, name, difference, policy)


def _probably_renamed(table: TableContract, found: Mapping[str, str | None]) -> dict[str, str]:
    """Missing columns with the one new column that stands in their place, or is alone as they are."""
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
    # One change however many columns it moved; values are taken by name, so that nothing else follows.
    return [Drifted(REORDERED, moved[0], f"columns now come as {', '.join(there)}", policy)]


def refuse_if_frozen(contract: SourceContract, table: TableContract, drift: Sequence[Drifted]) -> None:
    """Stop where policy or need says so.

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


def _stops(table: TableContract, change: Drifted) -> bool:
    if change.policy == "freeze":
        return change.kind != REORDERED
    if change.kind not in (MISSING, RENAMED):
        return False
    return change.policy != "evolve" or table.column(change.column).required
