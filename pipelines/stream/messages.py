"""Land messages as batches: unchanged payloads, in bulk through door 1.

A batch is named after its content, so landing a redelivered batch is idempotent. Messages behind the
contract's watermark form a separate batch, a correction of closed days; its span in the manifest says which.
A message that cannot be processed at all is quarantined alone, so that it does not block the others.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa

from pipelines.contracts import Ingest, SourceContract, TableContract
from pipelines.extract.raw_rows import OTHER_SENDER, RAW, json_rows
from pipelines.installation.one_row import one_row
from pipelines.installation.state import connect_state
from pipelines.land.batch import Span, land_batch
from pipelines.land.message_checks import (
    is_of_another_sender,
    latest_arrival,
    new_field_columns,
    receipt_rules,
)
from pipelines.settings import CITY_TIME, Settings, end_of_day
from pipelines.stream import drift
from pipelines.stream.consumer import StreamOutcome
from pipelines.stream.metrics import BatchMetrics, RecentMessages, count
from pipelines.stream.session import UNROUTED
from pipelines.stream.set_aside import (
    MOST_SET_ASIDE,
    NOT_THE_MESSAGES,
    names_its_sender,
    unprocessable,
    unprocessable_rows,
    unrouted,
)

PAYLOADS, PARSED, ROWS, IS_LATE = "stream_payloads", "stream_parsed", "stream_rows", "_is_late"
TOPIC = "_topic"
CORRECTION = "correction"
# A device without a clock starts in 1970 or 2000: that is a wrong clock, not a late message.
CLOCKS_BEGIN = "timestamptz '2015-01-01 00:00:00+08:00'"
Message = tuple[bytes, str | None]
logger = logging.getLogger(__name__)


class MessageLanding:
    """Lands the payloads of one system's tables; owns the DuckDB connection for it."""

    def __init__(self, settings: Settings, contract: SourceContract) -> None:
        self._settings = settings
        self._contract = replace(contract, tables={**contract.tables, UNROUTED: unrouted()})
        self._open_engine()

    def _open_engine(self) -> None:
        self._connection = duckdb.connect(
            config={"threads": self._settings.threads, "memory_limit": self._settings.memory_limit}
        )
        self._connection.execute("set TimeZone = 'Asia/Shanghai'")
        self._connection.execute("set enable_progress_bar = false")
        self._recent = RecentMessages(self._connection)

    def land(
        self, table_name: str, payloads: Sequence[bytes], topics: Sequence[str] | None = None
    ) -> StreamOutcome:
        """Make one table's payloads durable; on return they survive a crash.

        If some cannot be processed, the batch is bisected until they are found and set aside. Parts of such a
        batch that had landed before are landed again with their half, as after a kill.

        Args:
            topics: the topic of each payload; the contract's rules on topics apply where they are known.

        Raises:
            PullError: they could not be landed; parts already durable are recognised when redelivered.
            PlatformDatabaseError: the platform's database does not answer.
        """
        sent_to: Sequence[str | None] = topics or [None] * len(payloads)
        messages = list(zip(payloads, sent_to, strict=True))
        outcome, waiting, set_aside = StreamOutcome(table_name), [messages], 0
        while waiting:
            part = waiting.pop()
            try:
                outcome = outcome.plus(self._land_together(table_name, part))
            except NOT_THE_MESSAGES:
                raise
            except Exception as error:
                # After an unexpected error, DuckDB may reject everything that follows, also the next batch.
                self._open_engine()
                # This many are not the messages' fault: they wait at the broker until the platform is fixed.
                if len(part) == 1 and set_aside == MOST_SET_ASIDE:
                    raise
                if len(part) > 1:
                    waiting += [part[len(part) // 2 :], part[: len(part) // 2]]
                    continue
                outcome = outcome.plus(self._set_aside(table_name, *part[0], error))
                set_aside += 1
        return outcome

    def _land_together(self, table_name: str, messages: list[Message]) -> StreamOutcome:
        started = time.monotonic()
        table = self._contract.table(table_name)
        extra = self._parse(table, messages)
        outcome = StreamOutcome(table_name)
        for span, rows in self._parts(table.ingest):
            outcome = outcome.plus(self._land_part(table, span, rows, extra))
        outcome = replace(outcome, seconds=round(time.monotonic() - started, 3))
        self._count(table, outcome)
        return outcome

    def _set_aside(
        self, table_name: str, payload: bytes, topic: str | None, error: Exception
    ) -> StreamOutcome:
        own = self._names_its_sender(self._contract.table(table_name), payload, topic)
        table = unprocessable(
            self._contract.table(table_name), type(error).__name__, is_of_known_sender=own is True
        )
        logger.warning(
            "A message of %s.%s could not be processed (%s) and waits in quarantine.",
            self._contract.system, table_name, type(error).__name__,
        )  # fmt: skip
        unprocessable_rows(self._connection, table, payload, ROWS, is_of_another_sender=own is False)
        outcome = self._land_part(table, None, f"(from {ROWS})", ())
        # One that the broker sends again, because others of its batch could not land, waits there already.
        if outcome.batches:
            self._add_to_minute(table, BatchMetrics(1, 1, 0, 0, 0, None, 0.0))
        return outcome

    def _names_its_sender(self, table: TableContract, payload: bytes, topic: str | None) -> bool | None:
        """Compare a message with its topic although processing it failed; None if that fails too."""
        try:
            return names_its_sender(self._connection, table, payload, topic)
        except NOT_THE_MESSAGES:
            raise
        except Exception:
            self._open_engine()
            return None

    def _parse(self, table: TableContract, messages: list[Message]) -> tuple[str, ...]:
        """Parse once what the door's passes read; return the new columns that were admitted."""
        payloads, topics = zip(*messages, strict=True)
        sent = {"payload": pa.array(payloads, pa.binary()), TOPIC: pa.array(topics, pa.string())}
        self._connection.register(PAYLOADS, pa.table(sent))
        marks = f"{new_field_columns(self._contract, table)}, {_is_late(table.ingest)} as {IS_LATE}"
        make = (
            f"create or replace temp table {ROWS} as "
            f"select * exclude ({TOPIC}), {is_of_another_sender(table.ingest, TOPIC)} as {OTHER_SENDER} "
            f"from (select *, {marks} from {PARSED})"
        )
        json_rows(self._connection, table, PAYLOADS, PARSED, beside=(TOPIC,))
        self._connection.execute(make)
        extra = drift.note_new_fields(self._settings, self._connection, self._contract, table, ROWS)
        if extra:
            json_rows(self._connection, table, PAYLOADS, PARSED, extra_columns=extra, beside=(TOPIC,))
            self._connection.execute(make)
        return extra

    def _parts(self, ingest: Ingest) -> list[tuple[Span | None, str]]:
        """Split into messages on time, and those behind the watermark with the span of days they correct."""
        result = self._connection.execute(
            f"""
            select count(*), count(*) filter ({IS_LATE}),
                cast(min({_moment(ingest.event_time)}) filter ({IS_LATE}) as varchar),
                cast(max({_moment(ingest.event_time)}) filter ({IS_LATE}) as varchar),
                md5(concat(sum(hash({RAW})) filter ({IS_LATE}))),
            from {ROWS}
            """
        )
        rows, late, first, last, content = one_row(result)
        if not late:
            return [(None, f"(from {ROWS})")]
        correction = Span(f"{CORRECTION}-{content[:16]}", first, last)
        in_time = [(None, f"(from {ROWS} where not {IS_LATE})")] if late < rows else []
        return [*in_time, (correction, f"(from {ROWS} where {IS_LATE})")]

    def _land_part(
        self, table: TableContract, span: Span | None, rows: str, extra: tuple[str, ...]
    ) -> StreamOutcome:
        judged = replace(table, rules=(*table.rules, *receipt_rules(table, self._latest(table.ingest))))
        contract = replace(self._contract, tables={**self._contract.tables, table.name: judged})
        batch = land_batch(
            self._settings, contract, table.name, rows, connection=self._connection, span=span,
            extra_columns=extra,
        )  # fmt: skip
        if not batch.is_new:
            return StreamOutcome(table.name, rows_repeated=batch.rows_read)
        return StreamOutcome(
            table.name,
            rows_read=batch.rows_read,
            rows_landed=batch.rows_landed,
            rows_quarantined=batch.rows_quarantined,
            batches=1,
        )

    def _latest(self, ingest: Ingest) -> str:
        """Return the latest time that a correct gateway clock can show now."""
        return _literal(latest_arrival(self._settings, ingest, datetime.now(CITY_TIME)))

    def _now(self) -> datetime:
        """Return the time, or the end of the configured day where that is over: no message can be newer."""
        return min(datetime.now(CITY_TIME), end_of_day(self._settings.current_date()))

    def _count(self, table: TableContract, outcome: StreamOutcome) -> None:
        arrival = _moment(table.ingest.arrival_time)
        # A wrong clock says nothing about the age of its message.
        usable = f"{arrival} between {CLOCKS_BEGIN} and {self._latest(table.ingest)}"
        result = self._connection.execute(
            f"select count(*) filter ({IS_LATE}), count(*) filter ({_is_ahead(table.ingest)}), "
            f"epoch({_literal(self._now())}) - epoch(max({arrival}) filter ({usable})) from {ROWS}"
        )
        late, ahead, lag = one_row(result)
        metrics = BatchMetrics(
            messages=outcome.rows_read + outcome.rows_repeated,
            quarantined=outcome.rows_quarantined,
            duplicates=self._recent.count_copies(ROWS, RAW),
            late=late,
            ahead=ahead,
            lag_seconds=None if lag is None else max(lag, 0.0),
            seconds=outcome.seconds,
        )
        self._add_to_minute(table, metrics)

    def _add_to_minute(self, table: TableContract, metrics: BatchMetrics) -> None:
        with connect_state(self._settings) as state:
            count(state, self._contract.system, table.name, metrics)


def _moment(column: str | None) -> str:
    return f'try_cast("{column}" as timestamptz)' if column else "cast(null as timestamptz)"


def _literal(moment: datetime) -> str:
    return f"timestamptz '{moment.isoformat()}'"


def _delay(ingest: Ingest) -> str:
    return f"epoch({_moment(ingest.arrival_time)}) - epoch({_moment(ingest.event_time)})"


def _is_late(ingest: Ingest) -> str:
    if ingest.watermark is None:
        return "false"
    has_clock = f"{_moment(ingest.event_time)} >= {CLOCKS_BEGIN}"
    return f"coalesce({has_clock} and {_delay(ingest)} > {ingest.watermark.total_seconds()}, false)"


def _is_ahead(ingest: Ingest) -> str:
    tolerance = (ingest.future_tolerance or timedelta()).total_seconds()
    return f"-({_delay(ingest)}) > {tolerance}"
