"""Stream throughput and latency, and a check that no message is lost."""
