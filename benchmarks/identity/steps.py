"""Duration and peak memory of each step."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

SAMPLED_EVERY = 0.05
MEGABYTE = 2**20


@dataclass
class Steps:
    """Seconds and peak resident memory in megabytes of each step, in execution order."""

    measured: dict[str, tuple[float, float]] = field(default_factory=dict)
    _samples: list[tuple[float, float]] = field(default_factory=list)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Sample this process's memory while the block runs."""
        finished = threading.Event()
        thread = threading.Thread(target=self._sample, args=(finished,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            finished.set()
            thread.join()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure the block as one step."""
        started = time.perf_counter()
        yield
        self.record(name, started, time.perf_counter())

    def record(self, name: str, started: float, ended: float) -> None:
        """Add a step that ran from `started` to `ended`, both of `time.perf_counter`."""
        held = [memory for moment, memory in self._samples if started <= moment <= ended]
        self.measured[name] = (ended - started, max(held, default=_resident()))

    def _sample(self, finished: threading.Event) -> None:
        while not finished.wait(SAMPLED_EVERY):
            self._samples.append((time.perf_counter(), _resident()))


def _resident() -> float:
    return psutil.Process().memory_info().rss / MEGABYTE
