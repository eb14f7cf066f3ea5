"""Run Dagster jobs from the command line, so that every run is recorded for inspection.

A run executes in this process and is recorded in the instance that the web
page shows. Runs that a killed process left as "started" are ended first.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._core.events import DagsterEvent
from sqlalchemy.exc import SQLAlchemyError

from pipelines.delivery.builds import last_build_started_at, newest_batch_at, whole_builds
from pipelines.installation.closed_home import make_home
from pipelines.lake.connection import reader
from pipelines.lake.retention import snapshots_of, state_left_by
from pipelines.operations.errors import RunRecordsError
from pipelines.resources.run_workers import close_abandoned_runs, own_process_tag
from pipelines.settings import PROJECT_ROOT, Settings, end_of_day, simulated_day

if TYPE_CHECKING:
    from pipelines.assets.maintain import Maintained

# Everything is in the run's own log; the terminal gets only the command's output.
QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}
# It warns about every check of a table that a build left unchanged.
logging.getLogger("dagster._core.execution.plan.active").setLevel(logging.ERROR)
DBT_ERRORS = "Errors parsed from dbt logs:"


@dataclass(frozen=True)
class AssetOutcome:
    """The metadata that one asset's step reported."""

    asset: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True)
class CheckOutcome:
    """The result of one asset check; a check that only warns blocks nothing."""

    asset: str
    check: str
    passed: bool
    message: str
    only_warns: bool = False


@dataclass(frozen=True)
class RunOutcome:
    """A finished run: whether it succeeded, which assets it made and the results of its checks."""

    job: str
    run_id: str
    success: bool
    seconds: float
    assets: tuple[AssetOutcome, ...]
    checks: tuple[CheckOutcome, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True)
class KnownState:
    """The lake as one whole build left it."""

    snapshot: int
    built_at: datetime


def prepare_environment(settings: Settings) -> None:
    """Tell Dagster's instance, and every child process, where this installation is."""
    make_home(settings.home)
    storage = settings.home / "dagster"
    storage.mkdir(parents=True, exist_ok=True)
    os.environ["BRAIN_HOME"] = str(settings.home)
    os.environ["BRAIN_DAGSTER_STORAGE"] = str(storage)
    os.environ["DAGSTER_HOME"] = str(PROJECT_ROOT)
    if settings.today == simulated_day(settings.home):
        # The day is read from the home, also by processes that start after the city has been moved on.
        os.environ.pop("BRAIN_TODAY", None)
    elif settings.today:
        os.environ["BRAIN_TODAY"] = settings.today.isoformat()


def run_job(
    settings: Settings,
    job: str,
    *,
    assets: Sequence[Sequence[str]] | None = None,
    only_for: Sequence[str] | None = None,
    run_config: Mapping[str, Any] | None = None,
) -> RunOutcome:
    """Run a job of the platform and return the results of its assets and checks.

    Args:
        assets: only these of its assets, by key.
        only_for: only this asset and its upstream assets.
    """
    prepare_environment(settings)
    started = time.monotonic()
    chosen = _definitions().resolve_job_def(job)
    selection = [dg.AssetKey(list(key)) for key in assets] if assets else None
    if only_for:
        selection = sorted(_sources_of(chosen, dg.AssetKey(list(only_for))))
    with recorded_runs(settings) as instance, _output_to(settings.home / "logs" / "runs.log"):
        result = chosen.execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={**(run_config or {}), "loggers": QUIET},
            asset_selection=selection,
            tags=own_process_tag(),
        )
    events = result.all_events
    return RunOutcome(
        job=job,
        run_id=result.run_id,
        success=result.success,
        seconds=round(time.monotonic() - started, 1),
        assets=tuple(_asset(event) for event in events if event.is_step_materialization),
        checks=tuple(_check(event) for event in events if event.event_type_value == "ASSET_CHECK_EVALUATION"),
        errors=tuple(error_in_words(event) for event in events if event.is_step_failure),
    )


def is_up_to_date(settings: Settings) -> bool:
    """Whether no batch has landed and no model has changed since the last whole build."""
    # It imports dbt, which other commands do not need.
    from pipelines.lake.project import newest_project_file

    newest = newest_batch_at(settings)
    with run_records(settings) as instance:
        built = last_build_started_at(instance)
    return newest is not None and built >= max(newest, newest_project_file(settings.dbt_project))


def known_on(settings: Settings, day: date) -> KnownState:
    """Return what the platform knew at the end of a day (system clock): the state the last whole build left.

    Raises:
        LookupError: no whole build had ended by then, or its state has expired.
    """
    with run_records(settings) as instance:
        builds = sorted(whole_builds(instance), key=lambda build: build.ended)
    by_then = [build for build in builds if build.ended <= end_of_day(day)]
    if not by_then:
        first = f"the first one ended on {builds[0].ended:%Y-%m-%d}" if builds else "there is none yet"
        clock = (
            f", not by the day that this home takes for today ({settings.today})" if settings.today else ""
        )
        raise LookupError(
            f"No build of everything had ended by the end of {day}: nothing is known of what was known "
            f"then. Builds go by the machine's clock{clock}; {first}. Ask for a later day; the runs page of "
            "Dagster lists the builds."
        )
    with reader(settings) as connection:
        snapshots = snapshots_of(connection)
    snapshot = state_left_by(by_then[-1], snapshots)
    if snapshot is None:
        kept = [build.ended.date() for build in builds if state_left_by(build, snapshots) is not None]
        nearest = min(kept, key=lambda other: abs(other - day), default=None)
        raise LookupError(
            f"What the build of {by_then[-1].ended:%Y-%m-%d %H:%M} left is not kept any more: after "
            f"{settings.known_state_days} days only each month's last is (BRAIN_KNOWN_STATE_DAYS). "
            f"Nothing was read. Kept nearest to it: {nearest or 'none'}."
        )
    return KnownState(snapshot, by_then[-1].ended)


def end_abandoned_runs(settings: Settings) -> int:
    """End the runs that a stop or a kill left behind, and return their number."""
    with run_records(settings) as instance:
        return close_abandoned_runs(instance)


def maintain(settings: Settings, *, dry_run: bool = False) -> Maintained:
    """Maintain the lake, as the job `maintain` does every morning."""
    from pipelines.assets.maintain import maintain_lake

    with run_records(settings) as instance:
        return maintain_lake(settings, instance, dry_run=dry_run)


@contextmanager
def run_records(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Open the instance that records this installation's runs.

    Raises:
        RunRecordsError: its database cannot be read or written, for example on a full disk.
    """
    prepare_environment(settings)
    try:
        with dg.DagsterInstance.get() as instance:
            yield instance
    except SQLAlchemyError as error:
        told = str(error).split("\n", 1)[0]
        raise RunRecordsError(f"{settings.home / 'dagster'}: {told}") from error


@contextmanager
def recorded_runs(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Open the instance that records this installation's runs, after ending those whose process is gone."""
    with run_records(settings) as instance:
        close_abandoned_runs(instance)
        yield instance


@cache
def _definitions() -> dg.Definitions:
    """Load the definitions once per process: it takes seconds, and a demo runs nine jobs."""
    from pipelines.definitions import build_definitions

    return build_definitions()


def _sources_of(job: dg.JobDefinition, key: dg.AssetKey) -> AbstractSet[dg.AssetKey]:
    graph = job.asset_layer.asset_graph
    return dg.AssetSelection.assets(key).upstream().resolve(graph) & set(graph.executable_asset_keys)


@contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Redirect the output of tools to a log while a job runs: the terminal belongs to the command."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as file, redirect_stdout(file):
        yield


def _asset(event: DagsterEvent) -> AssetOutcome:
    materialization = event.step_materialization_data.materialization
    return AssetOutcome(
        asset="/".join(materialization.asset_key.path),
        metadata={name: getattr(value, "value", value) for name, value in materialization.metadata.items()},
    )


def _check(event: DagsterEvent) -> CheckOutcome:
    evaluation = event.asset_check_evaluation_data
    message = evaluation.metadata.get("message")
    return CheckOutcome(
        asset="/".join(evaluation.asset_key.path),
        check=evaluation.check_name,
        passed=evaluation.passed,
        message=str(getattr(message, "value", message) or ""),
        only_warns=evaluation.severity == dg.AssetCheckSeverity.WARN,
    )


def checks_in_words(checks: Sequence[CheckOutcome]) -> str:
    """Describe how many checks passed, and how many only warned."""
    passed = sum(check.passed for check in checks)
    warned = sum(not check.passed and check.only_warns for check in checks)
    return f"{passed} of {len(checks)} checks passed" + (f", {warned} warned" if warned else "")


def error_in_words(event: DagsterEvent) -> str:
    """Return which step failed, and the message of the error that began it."""
    error = event.step_failure_data.error
    cause = error
    while cause is not None and cause.cause is not None:
        cause = cause.cause
    message = cause.message if cause else "failed"
    # dagster-dbt puts the whole command line before dbt's own message.
    return f"{event.step_key}: {message.split(DBT_ERRORS)[-1].strip()}"
