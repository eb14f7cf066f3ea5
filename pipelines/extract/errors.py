"""What can go wrong between a source and its landing, in words that help.

Every error says what happened, where, what was kept and what to do next. None
carries a value of a row.
"""

from __future__ import annotations

from typing import Any

KEPT = "Nothing of this pull was kept and the cursor has not moved, so that the next pull reads it again."


class PullError(RuntimeError):
    """A table could not be pulled; other tables are not concerned."""

    def __init__(self, what: str, *, next_step: str, kept: str = KEPT) -> None:
        super().__init__(f"{what} {kept} {next_step}")


class SourceUnreachableError(PullError):
    """The source system does not answer."""


class SourceRefusedError(PullError):
    """The source system answers and does not let us in."""


class SourceUnreadableError(PullError):
    """The source system sent something that is not what its contract says, as a whole."""


class SchemaChangedError(PullError):
    """The source has no such table, or its columns are not the contract's and its policy is to stop.

    `drift` lists the differences, so that they can be recorded for the owner.
    """

    drift: tuple[Any, ...] = ()


class StorageFullError(PullError):
    """There is no room for the batch, or the platform may not write there."""


class IncompleteBatchError(PullError):
    """Rows read are not rows landed plus rows quarantined: the batch was thrown away."""
