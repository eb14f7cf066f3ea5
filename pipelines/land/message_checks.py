"""What is checked of a device's message beside its table's rules: its table, its sender, its gateway's clock.

A stream checks its messages on receipt, and a release from quarantine checks them again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from pipelines.contracts import Ingest, Rule, SourceContract, TableContract
from pipelines.extract.quoting import literal
from pipelines.extract.raw_rows import FOREIGN, PATH, RAW, UNREADABLE
from pipelines.land.door import MALFORMED, SENT_BY_ANOTHER
from pipelines.settings import Settings, end_of_day

NEW_FIELDS = "_new_fields"
# The rules that a message breaks which could not be processed: it was not compared with its topic, or was.
UNPROCESSABLE = "message_processable"
UNPROCESSABLE_OF_KNOWN_SENDER = f"{UNPROCESSABLE}.sender_known"


def new_field_columns(contract: SourceContract, table: TableContract) -> str:
    """Return two columns for a select from `json_rows`: a message's new fields, and whether it is foreign."""
    fields = f"case when {UNREADABLE} then [] else json_keys({RAW}) end"
    known = _texts(top_field(table, name) for name in table.column_names)
    new = f"list_filter({fields}, lambda name: not list_contains({known}, name))"
    ingest = table.ingest
    roles = (*table.primary_key, ingest.event_time, ingest.arrival_time)
    shared = {top_field(table, name) for name in roles if name}
    own = {top_field(table, name) for name in table.column_names} - shared
    is_foreign = f"len({NEW_FIELDS}) > 0"
    if contract.drift.columns != "freeze":
        is_foreign += f" and not list_has_any({fields}, {_texts(sorted(own))})"
    return f"{new} as {NEW_FIELDS}, {is_foreign} as {FOREIGN}"


def top_field(table: TableContract, name: str) -> str:
    """Return the top-level message field that contains a column."""
    return table.source_name(name).split(PATH)[0]


def is_of_another_sender(ingest: Ingest, topic: str) -> str:
    """Return the condition that a message's columns contradict its topic, to which its sender is bound."""
    differs = [
        f"\"{column}\" <> split_part({topic}, '/', {level})" for column, level in ingest.topic_columns.items()
    ]
    return f"coalesce(not {UNREADABLE} and ({' or '.join(differs or ['false'])}), false)"


def is_of_own_sender(ingest: Ingest, topic: str) -> str:
    """Return the condition that a message's columns agree with its topic; null if one of them is."""
    agrees = [
        f"\"{column}\" = split_part({topic}, '/', {level})" for column, level in ingest.topic_columns.items()
    ]
    return f"case when not {UNREADABLE} then {' and '.join(agrees or ['null'])} end"


def unproven_sender_rules(ingest: Ingest) -> tuple[str, ...]:
    """Return the rules whose rows no release may let out, because quarantine does not hold their topic.

    Rows under any other rule were compared with their topic on receipt, and agreed with it. What could not be
    read then may be readable as it is kept, for a NUL is escaped there.
    """
    never_compared = (UNPROCESSABLE, MALFORMED.code) if ingest.topic_columns else ()
    return (SENT_BY_ANOTHER.code, *never_compared)


def receipt_rules(table: TableContract, latest: str) -> tuple[Rule, ...]:
    """Return the rule against gateway times ahead of the platform's clock, which are unusable.

    Args:
        latest: SQL for the `latest_arrival` of a message.
    """
    ingest = table.ingest
    if ingest.arrival_time is None or ingest.future_tolerance is None:
        return ()
    return (
        Rule(
            "gateway_clock_not_in_the_future", f'"{ingest.arrival_time}" <= {latest}',
            "timeliness", "0501", "quarantine", "clock_future", ingest.arrival_time,
            "网关时间晚于平台收到消息的时间,时间不可用,记录先隔离",
        ),
    )  # fmt: skip


def latest_arrival(settings: Settings, ingest: Ingest, received: datetime) -> datetime:
    """Return the latest time that a correct gateway clock can show in a message received at that moment."""
    latest = received
    if settings.today:
        # If the current date is configured, that whole day counts as past.
        latest = max(latest, end_of_day(settings.today))
    return latest + (ingest.future_tolerance or timedelta())


def _texts(names: Iterable[str]) -> str:
    return "[" + ", ".join(f"'{literal(name)}'" for name in names) + "]::varchar[]"
