"""What would run by itself and was switched off, so that nobody finds stale data to be the first sign."""

from __future__ import annotations

from pipelines.settings import Settings


def switched_off(settings: Settings) -> list[str]:
    """The schedules and sensors that somebody switched off on Dagster's page; all others run."""
    if not (settings.home / "dagster" / "schedules.db").exists():
        return []
    # The orchestrator takes seconds to import.
    import dagster as dg
    from dagster._core.scheduler.instigation import InstigatorStatus

    from pipelines.operations.runs import prepare_environment

    prepare_environment(settings)
    with dg.DagsterInstance.get() as instance:
        states = instance.all_instigator_state()
    return sorted(state.name for state in states if state.status is InstigatorStatus.STOPPED)
