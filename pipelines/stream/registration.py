"""Register a stream's landed batches in the lake within seconds, concurrently with landing.

Batches are durable before they are registered, so none can be lost here: while another process writes the
lake, registration waits and is retried.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import psycopg

from pipelines.lake.connection import attach_for_writing
from pipelines.lake.register import register_batches
from pipelines.settings import Settings

WAIT_FOR_LAKE_SECONDS = 5.0
LOOK_AGAIN_SECONDS = 30.0
logger = logging.getLogger(__name__)


class Registrar:
    """Registers landed batches in a background thread when notified."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._something_landed = threading.Event()
        self._is_stopped = False
        self._lake: duckdb.DuckDBPyConnection | None = None

    def notice(self) -> None:
        """Signal that a batch has landed; returns immediately."""
        self._something_landed.set()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Register in the background; on exit, register once more what has landed."""
        thread = threading.Thread(target=self._run, name="registrar")
        thread.start()
        try:
            yield
        finally:
            self._is_stopped = True
            self.notice()
            thread.join()

    def _run(self) -> None:
        while not self._is_stopped:
            self._something_landed.wait(LOOK_AGAIN_SECONDS)
            self._something_landed.clear()
            self._register()
        self._leave_lake()

    def _register(self) -> None:
        try:
            # Kept open: opening the lake costs more than registering a few batches.
            self._lake = self._lake or attach_for_writing(self._settings)
            register_batches(self._settings, wait_seconds=WAIT_FOR_LAKE_SECONDS, attached=self._lake)
        except TimeoutError:
            logger.info("the lake is being written by another process; batches wait for registration")
            self._something_landed.set()
        except (OSError, RuntimeError, psycopg.Error, duckdb.Error) as error:
            self._leave_lake()
            logger.warning(
                "Batches have landed and could not be registered (%s: %s). They are safe; trying again.",
                type(error).__name__,
                str(error).splitlines()[0],
            )

    def _leave_lake(self) -> None:
        if self._lake is not None:
            self._lake.close()
            self._lake = None
