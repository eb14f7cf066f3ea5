"""Land messages as batches: unchanged payloads, in bulk through door 1.

A batch is named after its content, so landing a redelivered batch is idempotent. Messages behind the
contract's watermark form a separate batch, a correction of closed days; its span in the manifest says which.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa

from pipelines.contracts import Column, Ingest, Rule, SourceContract, TableContract
from pipelines.extract.raw_rows import RAW
from pipelines.installation.state import connect_state
from pipelines.land.batch import Span, json_rows, land_batch
from pipelines.settings import CITY_TIME, Settings
from pipelines.stream import drift
from pipelines.stream.consumer import StreamOutcome
from pipelines.stream.metrics import BatchMetrics, RecentMessages, count
from pipelines.stream.session import UNROUTED

PAYLOADS, PARSED, ROWS, IS_LATE = "stream_payloads", "stream_parsed", "stream_rows", "_is_late"
CORRECTION = "correction"
# A device without a clock starts in 1970 or 2000: that is a wrong clock, not a late message.
CLOCKS_BEGIN = "timestamptz '2015-01-01 00:00:00+08:00'"


class MessageLanding:
    """Lands the payloads of one system's tables; owns the DuckDB connection for it."""

    def __init__(self, settings: Settings, contract: SourceContract) -> None:
        self._settings = settings
        self._contract = replace(contract, tables={**contract.tables, UNROUTED: _unrouted()})
        self._connection = duckdb.connect(
            config={"threads": settings.threads, "memory_limit": settings.memory_limit}
        )
        self._connection.execute("set TimeZone = 'Asia/Shanghai'")
        self._connection.execute("set enable_progress_bar = false")
        self._recent = RecentMessages(self._connection)

    def land(self, table_name: str, payloads: list[bytes]) -> StreamOutcome:
        """Make one table's payloads durable; they survive a crash once it returns.

        Raises:
            PullError: they could not be landed; parts already durable are recognised when redelivered.
            PlatformDatabaseError: the platform's database does not answer.
        """
        started = time.monotonic()
        table = self._contract.table(table_name)
        extra = self._parse(table, payloads)
        outcome = StreamOutcome(table_name)
        for span, rows in self._parts(table.ingest):
            outcome = outcome.plus(self._land_part(table, span, rows, extra))
        outcome = replace(outcome, seconds=round(time.monotonic() - started, 3))
        self._count(table, outcome)
        return outcome

    def _parse(self, table: TableContract, payloads: list[bytes]) -> tuple[str, ...]:
        """Parse once for all passes of door 1; returns the new columns that the contract admits."""
        self._connection.register(PAYLOADS, pa.table({"payload": pa.array(payloads, pa.binary())}))
        columns = f"{drift.new_field_columns(self._contract, table)}, {_is_late(table.ingest)} as {IS_LATE}"
        make = f"create or replace temp table {ROWS} as select *, {columns} from {PARSED}"
        json_rows(self._connection, table, PAYLOADS, PARSED)
        self._connection.execute(make)
        extra = drift.note_new_fields(self._settings, self._connection, self._contract, table, ROWS)
        if extra:
            json_rows(self._connection, table, PAYLOADS, PARSED, extra_columns=extra)
            self._connection.execute(make)
        return extra

    def _parts(self, ingest: Ingest) -> list[tuple[Span | None, str]]:
        """Split into messages on time, and those behind the watermark with the span of days they correct."""
        rows, late, first, last, content = self._connection.execute(
            f"""
            select count(*), count(*) filter ({IS_LATE}),
                min({_moment(ingest.event_time)}) filter ({IS_LATE}),
                max({_moment(ingest.event_time)}) filter ({IS_LATE}),
                md5(concat(sum(hash({RAW})) filter ({IS_LATE}))),
            from {ROWS}
            """
        ).fetchone()
        if not late:
            return [(None, f"(from {ROWS})")]
        correction = Span(f"{CORRECTION}-{content[:16]}", first.isoformat(), last.isoformat())
        in_time = [(None, f"(from {ROWS} where not {IS_LATE})")] if late < rows else []
        return [*in_time, (correction, f"(from {ROWS} where {IS_LATE})")]

    def _land_part(
        self, table: TableContract, span: Span | None, rows: str, extra: tuple[str, ...]
    ) -> StreamOutcome:
        judged = replace(table, rules=(*table.rules, *self._receipt_rules(table)))
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

    def _receipt_rules(self, table: TableContract) -> tuple[Rule, ...]:
        """Return the rule against gateway times ahead of the platform's clock, which are unusable."""
        arrival, tolerance = table.ingest.arrival_time, table.ingest.future_tolerance
        if arrival is None or tolerance is None:
            return ()
        latest = self._now() + tolerance
        return (
            Rule(
                "gateway_clock_not_in_the_future", f"\"{arrival}\" <= timestamptz '{latest.isoformat()}'",
                "timeliness", "0501", "quarantine", "clock_future", arrival,
                "网关时间晚于平台收到消息的时间,时间不可用,记录先隔离",
            ),
        )  # fmt: skip

    def _now(self) -> datetime:
        # Where the current date is configured, that whole day counts as past.
        tomorrow = self._settings.current_date() + timedelta(days=1)
        end_of_day = datetime.combine(tomorrow, datetime.min.time(), CITY_TIME)
        return max(datetime.now(CITY_TIME), end_of_day) if self._settings.today else datetime.now(CITY_TIME)

    def _count(self, table: TableContract, outcome: StreamOutcome) -> None:
        arrival = _moment(table.ingest.arrival_time)
        late, ahead, lag = self._connection.execute(
            f"select count(*) filter ({IS_LATE}), count(*) filter ({_is_ahead(table.ingest)}), "
            f"epoch(now()) - epoch(max({arrival})) from {ROWS}"
        ).fetchone()
        metrics = BatchMetrics(
            messages=outcome.rows_read + outcome.rows_repeated,
            quarantined=outcome.rows_quarantined,
            duplicates=self._recent.count_copies(ROWS, RAW),
            late=late,
            ahead=ahead,
            lag_seconds=lag,
            seconds=outcome.seconds,
        )
        with connect_state(self._settings) as state:
            count(state, self._contract.system, table.name, metrics)


def _unrouted() -> TableContract:
    """Return the table for messages whose topic is not in the contract: all of them are quarantined."""
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


def _moment(column: str | None) -> str:
    return f'try_cast("{column}" as timestamptz)' if column else "cast(null as timestamptz)"


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
