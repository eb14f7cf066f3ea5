"""Messages that no table can take: quarantined whole, each with its reason.

Either the topic matches none of the contract's, or the message broke the processing itself, in a
way that no rule of a door foresaw: its text is kept, and the kind of error as the reason.
"""

from __future__ import annotations

from dataclasses import replace

import duckdb
import psycopg

from pipelines.contracts import Column, Ingest, Rule, TableContract
from pipelines.extract.quoting import quoted
from pipelines.extract.raw_rows import RAW
from pipelines.land.message_checks import UNPROCESSABLE
from pipelines.stream.session import UNROUTED

# Per batch; more than this is the platform's own fault.
MOST_SET_ASIDE = 100
# Errors that stop a landing whatever its messages: they pass, and the same messages land then.
NOT_THE_MESSAGES = (
    OSError, RuntimeError, MemoryError, psycopg.OperationalError, psycopg.InterfaceError,
    duckdb.IOException, duckdb.OutOfMemoryException, duckdb.TransactionException,
)  # fmt: skip


def unrouted() -> TableContract:
    """Return the contract for messages whose topic matches no table: they are quarantined whole."""
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
    """Return a table's contract for a message that could not be processed: nothing of it lands."""
    rule = Rule(
        UNPROCESSABLE, "false", "conformity", "0102", "quarantine", "message_unprocessable", "",
        f"消息无法处理({kind}),原文已保留",
    )  # fmt: skip
    return replace(table, rules=(rule,), ingest=Ingest("stream"))


def unprocessable_rows(
    connection: duckdb.DuckDBPyConnection, table: TableContract, payload: bytes, relation: str
) -> None:
    """Create `relation` with one message: its raw text, and nothing parsed from it."""
    empty = ", ".join(
        f"cast(null as {column.duckdb_type}) as {quoted(column.name)}" for column in table.columns
    )
    connection.execute(
        f"create or replace temp table {relation} as select {empty}, $text::varchar as {RAW}",
        {"text": payload.decode(errors="backslashreplace")},
    )
