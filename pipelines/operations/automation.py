"""Report automation that was switched off, so that stale data is not the first sign of it."""

from __future__ import annotations

from pipelines.settings import Settings


def switched_off(settings: Settings) -> list[str]:
    """Return the schedules and sensors that were switched off on Dagster's page; all others run.

    Raises:
        RunRecordsError: Dagster's database cannot be read.
    """
    if not (settings.home / "dagster" / "schedules.db").exists():
        return []
    # Importing Dagster takes seconds.
    from dagster._core.scheduler.instigation import InstigatorStatus

    from pipelines.operations.runs import run_records

    with run_records(settings) as instance:
        states = instance.all_instigator_state()
    return sorted(state.name for state in states if state.status is InstigatorStatus.STOPPED)
