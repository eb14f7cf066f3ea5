"""The columns that a source has, against those that its contract says.

What happens then is the contract's policy: `freeze` stops the table, `evolve`
lets a new column in and reads a missing one as empty, `quarantine` goes on with
the columns that are agreed and leaves a new one where it is. Retyped values are
cast row by row and quarantined where they do not cast, unless types are frozen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.contracts import SourceContract, TableContract
from pipelines.extract.errors import SchemaChangedError

MISSING, NEW, RETYPED = "missing", "new", "retyped"


@dataclass(frozen=True)
class Drifted:
    """One column that is not as agreed."""

    kind: str
    column: str
    difference: str
    policy: str


def compare(
    contract: SourceContract, table: TableContract, found: Mapping[str, str | None]
) -> tuple[Drifted, ...]:
    """Every difference between the contract's columns and those found with their DuckDB types.

    A type of None is not known and not compared. The order of columns means nothing.
    """
    columns, types = contract.drift.columns, contract.drift.types
    missing = [column for column in table.columns if column.name not in found]
    new = [name for name in found if name not in table.column_names]
    retyped = [
        column
        for column in table.columns
        if found.get(column.name) is not None and found[column.name] != column.duckdb_type
    ]
    return (
        *(Drifted(MISSING, column.name, _missing(column.name, missing, new), columns) for column in missing),
        *(Drifted(NEW, name, f"new column of type {found[name] or 'text'}", columns) for name in new),
        *(
            Drifted(RETYPED, column.name, f"{column.duckdb_type} became {found[column.name]}", types)
            for column in retyped
        ),
    )


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
        return True
    if change.kind != MISSING:
        return False
    return change.policy != "evolve" or table.column(change.column).required


def _missing(name: str, missing: Sequence[object], new: Sequence[str]) -> str:
    if len(missing) == 1 and len(new) == 1:
        return f"missing; '{new[0]}' is new and may be its new name"
    return "missing"
