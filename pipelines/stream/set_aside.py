"""Messages that no table takes: whole into quarantine, each with its reason.

One has a topic that is none of the contract's. Another broke the processing itself, in a
way that no rule of a door foresaw: what it is stands in its text, why in the kind of error.
"""

from __future__ import annotations

from dataclasses import replace

import duckdb
import psycopg

from pipelines.contracts import Column, Ingest, Rule, TableContract
from pipelines.extract.quoting import quoted
from pipelines.extract.raw_rows import RAW
from pipelines.stream.session import UNROUTED

# Of one batch; more than that is the platform's own fault.
MOST_SET_ASIDE = 100
# What stops a landing whatever the messages hold: it passes, and the same messages land then.
NOT_THE_MESSAGES = (
    OSError, RuntimeError, MemoryError, psycopg.OperationalError, psycopg.InterfaceError,
    duckdb.IOException, duckdb.OutOfMemoryException, duckdb.TransactionException,
)  # fmt: skip


def unrouted() -> TableContract:
    """Where a message goes whose topic no table of the contract has: to quarantine, whole."""
    columns = tuple(
        Column(name, name, "string", "text", "VARCHAR", "L3") for name in ("topic", "payload")
    )  # fmt: skip
    rule = Rule(
        "topic_in_contract", "false", "conformity", "0102", "quarantine", "topic_unknown", "topic",
        "消息主题不属于契约中的任何表",
    )  # fmt: skip
    return TableContract(
        name=UNROUTED, physical_name=UNROUTED, plural=UNROUTED, label="主题不明的消息", description="",
        grain="一行为一条消息", columns=columns, primary_key=("topic",), rules=(rule,),
        ingest=Ingest("stream"),
    )  # fmt: skip


def unprocessable(table: TableContract, kind: str) -> TableContract:
    """A table's contract for a message that could not be processed: nothing of it lands."""
    rule = Rule(
        "message_processable", "false", "conformity", "0102", "quarantine", "message_unprocessable", "",
        f"消息无法处理({kind}),原文已保留",
    )  # fmt: skip
    return replace(table, rules=(rule,), ingest=Ingest("stream"))


def unprocessable_rows(
    connection: duckdb.DuckDBPyConnection, table: TableContract, payload: bytes, relation: str
) -> None:
    """Make `relation` of one message: its text, and nothing read from it."""
    empty = ", ".join(
        f"cast(null as {column.duckdb_type}) as {quoted(column.name)}" for column in table.columns
    )
    connection.execute(
        f"create or replace temp table {relation} as select {empty}, $text::varchar as {RAW}",
        {"text": payload.decode(errors="backslashreplace")},
    )
