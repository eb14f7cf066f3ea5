"""Device streams: from a durable MQTT session to landing batches, acknowledged once durable.

Interpreting messages is left to the contract and door 1; here they are bytes that must not be lost.
"""

from pipelines.stream.consumer import StreamOutcome
from pipelines.stream.service import StreamBusyError, consume_forever, drain
from pipelines.stream.session import SessionLostError

__all__ = ["SessionLostError", "StreamBusyError", "StreamOutcome", "consume_forever", "drain"]
