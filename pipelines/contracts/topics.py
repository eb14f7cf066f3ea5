"""Validate what a contract says about the topics of its messages."""

from __future__ import annotations

from pipelines.contracts.model import ContractError, TableContract

ANY_WORD = "+"


def check_topic_columns(where: str, table: TableContract) -> None:
    """Reject `topic_columns` against which no message could be verified.

    Raises:
        ContractError: the column does not exist or is not text, or the topic level is not a wildcard (`+`).
    """
    levels = (table.ingest.topic or "").split("/")
    if not isinstance(table.ingest.topic_columns, dict):
        raise ContractError(f"{where}: ingest/topic_columns is a mapping such as {{device_id: 3}}.")
    for name, level in table.ingest.topic_columns.items():
        place = f"{where}: ingest/topic_columns/{name}"
        if name not in table.column_names or table.column(name).logical_type != "string":
            raise ContractError(f"{place} is no column of logicalType string of the table.")
        if not isinstance(level, int) or not 1 <= level <= len(levels) or levels[level - 1] != ANY_WORD:
            legal = [str(number) for number, word in enumerate(levels, 1) if word == ANY_WORD]
            raise ContractError(
                f"{place} is {level!r}; legal are the levels of the topic that are '+': {', '.join(legal)}."
            )
