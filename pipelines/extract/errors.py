"""Errors between a source and its landing.

Each message says what happened, where, what was kept and what to do next. None contains a row value.
"""

from __future__ import annotations

from typing import Any

KEPT = "Nothing of this pull was kept and the cursor has not moved, so that the next pull reads it again."


class PullError(RuntimeError):
    """A table could not be pulled; other tables are unaffected."""

    def __init__(self, what: str, *, next_step: str, kept: str = KEPT) -> None:
        super().__init__(f"{what} {kept} {next_step}")


class SourceUnreachableError(PullError):
    """The source system does not answer."""


class SourceRefusedError(PullError):
    """The source system answers but rejects our credentials or denies access."""


class SourceUnreadableError(PullError):
    """What the source system sent does not match its contract as a whole."""


class SchemaChangedError(PullError):
    """The source lacks the table, or its columns differ from the contract, and the drift policy is to stop.

    `drift` lists the differences so that they can be recorded for the owner.
    """

    drift: tuple[Any, ...] = ()


class StorageFullError(PullError):
    """The disk is full, or the platform has no permission to write there."""


class IncompleteBatchError(PullError):
    """Rows read differ from rows landed plus rows quarantined: the batch was discarded."""


class ContractChangedError(PullError):
    """The contract was changed so that its rows cannot stand beside those that have landed."""
