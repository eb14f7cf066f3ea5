"""The two ways to consume a system's stream: continuously, or until its queue is empty.

They are mutually exclusive by a lock, because a durable session has one consumer.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from pipelines.contracts import SourceContract, load_contracts
from pipelines.installation.state import advisory_lock
from pipelines.settings import Settings
from pipelines.stream.consumer import BATCH_MESSAGES, StreamConsumer, StreamOutcome
from pipelines.stream.messages import MessageLanding
from pipelines.stream.metrics import forget_old
from pipelines.stream.registration import Registrar
from pipelines.stream.session import DurableSession, Received

IDLE_SECONDS = 2.5
LOCK_TIMEOUT_SECONDS = 2.0
logger = logging.getLogger(__name__)


class StreamBusyError(RuntimeError):
    """Another process is already consuming this system's stream."""


def drain(settings: Settings, system: str, *, idle_seconds: float = IDLE_SECONDS) -> list[StreamOutcome]:
    """Consume a system's queued messages, until none has arrived for `idle_seconds`.

    Returns one outcome for each table of the contract, in its order.

    Raises:
        LookupError: no stream system of that name.
        StreamBusyError: the service is consuming it.
        SessionLostError: the broker is unreachable, rejected the login or closed the connection.
    """
    contract = _stream_contract(settings, system)
    with _sole_consumer(settings, system):
        outcomes = _consumer(settings, contract).drain(idle_seconds)
    return [outcomes.get(table, StreamOutcome(table)) for table in contract.tables]


def consume_forever(
    settings: Settings,
    system: str,
    *,
    stopped: threading.Event | None = None,
    batch_messages: int = BATCH_MESSAGES,
) -> None:
    """Consume a system's stream until SIGTERM or SIGINT, or until `stopped` is set.

    Its batches become visible in the lake as they land. It retries while the broker or the
    database is down or the disk is full: what is not durable here is not acknowledged there.

    Raises:
        LookupError: no stream system of that name.
        StreamBusyError: another process is consuming it.
    """
    contract = _stream_contract(settings, system)
    registrar = Registrar(settings)
    with _sole_consumer(settings, system), registrar.running():
        logger.info("consuming the stream of %s", system)
        forget_old(settings)
        _consumer(settings, contract, batch_messages, registrar.notice).run(stopped or _stop_event())


def _stream_contract(settings: Settings, system: str) -> SourceContract:
    streams = {
        name: contract
        for name, contract in load_contracts(settings.sources_dir).items()
        if contract.is_stream
    }
    if system not in streams:
        raise LookupError(f"'{system}' is no stream system; there are: {', '.join(streams)}.")
    return streams[system]


def _consumer(
    settings: Settings,
    contract: SourceContract,
    batch_messages: int = BATCH_MESSAGES,
    notice: Callable[[], None] = lambda: None,
) -> StreamConsumer:
    options = contract.server.options
    topics = {table.ingest.topic: table.name for table in contract.tables.values() if table.ingest.topic}
    landing = MessageLanding(settings, contract)

    def open_session() -> DurableSession:
        return DurableSession(
            settings.source_endpoint(contract.system),
            options["client_id"],
            topics,
            quality_of_service=options.get("quality_of_service", 1),
        )

    def land(received: Received) -> list[StreamOutcome]:
        outcomes = [
            landing.land(table, payloads, received.topics[table])
            for table, payloads in received.payloads.items()
        ]
        notice()
        return outcomes

    return StreamConsumer(open_session, land, batch_messages=batch_messages)


@contextmanager
def _sole_consumer(settings: Settings, system: str) -> Iterator[None]:
    with ExitStack() as held:
        lock = advisory_lock(settings, f"stream-{system}", timeout_seconds=LOCK_TIMEOUT_SECONDS)
        try:
            # Only a TimeoutError raised while waiting for the lock means this.
            held.enter_context(lock)
        except TimeoutError:
            raise StreamBusyError(
                f"The stream of '{system}' is being consumed by another process (`brain stream` or a pull). "
                "Nothing was changed; its messages are landed by that process."
            ) from None
        yield


def _stop_event() -> threading.Event:
    event = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: event.set())
    return event
