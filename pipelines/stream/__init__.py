"""Device streams: from a durable MQTT session to landing batches, acknowledged when durable.

What a message means is the contract's and door 1's business; here it is bytes
that must not be lost.
"""

from pipelines.stream.consumer import StreamOutcome
from pipelines.stream.service import StreamBusyError, consume_forever, drain
from pipelines.stream.session import SessionLostError

__all__ = ["SessionLostError", "StreamBusyError", "StreamOutcome", "consume_forever", "drain"]
