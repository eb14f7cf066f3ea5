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
from pipelines.extract.raw_rows import OTHER_SENDER, RAW, json_rows
from pipelines.installation.one_row import one_value
from pipelines.land.message_checks import UNPROCESSABLE, UNPROCESSABLE_OF_KNOWN_SENDER, is_of_own_sender
from pipelines.stream.session import UNROUTED

KEPT = "message_set_aside"
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


def names_its_sender(
    connection: duckdb.DuckDBPyConnection, table: TableContract, payload: bytes, topic: str | None
) -> bool | None:
    """Return whether a message names the sender that its topic names; None if that cannot be said.

    Read is what quarantine keeps of it, which a release reads again.
    """
    if topic is None or not table.ingest.topic_columns:
        return None
    connection.execute(
        f"create or replace temp table {KEPT} as select $text::varchar as payload, $topic::varchar as topic",
        {"text": _kept_text(payload), "topic": topic},
    )
    json_rows(connection, table, KEPT, f"{KEPT}_parsed", beside=("topic",))
    found = f"select {is_of_own_sender(table.ingest, 'topic')} from {KEPT}_parsed"
    return one_value(connection.execute(found))


def unprocessable(table: TableContract, kind: str, *, is_of_known_sender: bool) -> TableContract:
    """Return a table's contract for a message that could not be processed: nothing of it lands."""
    code = UNPROCESSABLE_OF_KNOWN_SENDER if is_of_known_sender else UNPROCESSABLE
    rule = Rule(
        code, "false", "conformity", "0102", "quarantine", "message_unprocessable", "",
        f"消息无法处理({kind}),原文已保留",
    )  # fmt: skip
    return replace(table, rules=(rule,), ingest=Ingest("stream"))


def unprocessable_rows(
    connection: duckdb.DuckDBPyConnection,
    table: TableContract,
    payload: bytes,
    relation: str,
    *,
    is_of_another_sender: bool,
) -> None:
    """Create `relation` with one message: its raw text, and nothing parsed from it but who sent it."""
    marked = f", true as {OTHER_SENDER}" if is_of_another_sender else ""
    empty = ", ".join(
        f"cast(null as {column.duckdb_type}) as {quoted(column.name)}" for column in table.columns
    )
    connection.execute(
        f"create or replace temp table {relation} as select {empty}, $text::varchar as {RAW}{marked}",
        {"text": _kept_text(payload)},
    )


def _kept_text(payload: bytes) -> str:
    return payload.decode(errors="backslashreplace")
