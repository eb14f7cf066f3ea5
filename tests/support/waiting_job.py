"""A Dagster location with one job that waits, for tests that kill runs."""

from __future__ import annotations

import time

import dagster as dg


@dg.op
def wait() -> None:
    """Be busy for longer than any test takes."""
    time.sleep(600)


@dg.job(executor_def=dg.in_process_executor)
def waiting() -> None:
    """One run that does not end by itself."""
    wait()


definitions = dg.Definitions(jobs=[waiting])
