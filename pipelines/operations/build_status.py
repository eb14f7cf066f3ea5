"""Report a newest build that failed, was stopped or was killed: what is served is of an earlier one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.lake.serving import served_release
from pipelines.settings import CITY_TIME, Settings

if TYPE_CHECKING:
    import dagster as dg
    from dagster._core.storage.dagster_run import RunRecord

RUNS_LOOKED_AT = 10
LONGEST_MESSAGE = 300


def build_problems(settings: Settings) -> list[dict[str, Any]]:
    """Return the newest build if it did not end well and no other is being made.

    Raises:
        RunRecordsError: Dagster's database cannot be read.
    """
    if not (settings.home / "dagster" / "runs.db").exists():
        return []
    # Importing Dagster takes seconds.
    from pipelines.operations.runs import run_records

    with run_records(settings) as instance:
        record = newest_bad_build(instance)
        if record is None:
            return []
        return [
            {
                "where": "build",
                "what": f"{_what_happened(record)}; {_last_good(instance)}; {_what_is_served(settings)}",
                "what_to_do": f"Mend what its message says, then `brain build`: {_message(instance, record)}",
            }
        ]


def newest_bad_build(instance: dg.DagsterInstance) -> RunRecord | None:
    """Return the newest build if it did not succeed; None also while another one runs."""
    import dagster as dg
    from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

    from pipelines.delivery.builds import newest_builds
    from pipelines.resources.run_workers import is_abandoned

    under_way = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING)
    for record in newest_builds(instance, RUNS_LOOKED_AT):
        run = record.dagster_run
        if run.status is dg.DagsterRunStatus.SUCCESS:
            return None
        if run.status not in NOT_FINISHED_STATUSES or is_abandoned(instance, run):
            return record
        if run.status in under_way:
            return None
        # One that waits for its turn says nothing about the data.
    return None


def _what_happened(record: RunRecord) -> str:
    import dagster as dg
    from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

    run = record.dagster_run
    words = {dg.DagsterRunStatus.FAILURE: "failed", dg.DagsterRunStatus.CANCELED: "was stopped"}
    started = record.start_time or record.create_timestamp.timestamp()
    if run.status in NOT_FINISHED_STATUSES:
        return f"the newest build, started on {_moment(started)}, was killed"
    return f"the newest build {words[run.status]} on {_moment(record.end_time or started)}"


def _last_good(instance: dg.DagsterInstance) -> str:
    from pipelines.delivery.builds import whole_builds

    last = max((build.ended for build in whole_builds(instance, 1)), default=None)
    return "none has ended well yet" if last is None else f"the last good one ended on {last:%Y-%m-%d %H:%M}"


def _what_is_served(settings: Settings) -> str:
    release = served_release(settings)
    if release is None:
        return "nothing is served yet"
    return f"the data served are of an earlier build, as of {release.data_as_of}"


def _message(instance: dg.DagsterInstance, record: RunRecord) -> str:
    """Return what the run said of its first failure, on one line."""
    import dagster as dg

    from pipelines.operations.runs import error_in_words
    from pipelines.resources.run_workers import GONE

    run_id = record.dagster_run.run_id
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        return _shortened(error_in_words(entry.get_dagster_event()))
    ends = {dg.DagsterEventType.RUN_FAILURE, dg.DagsterEventType.RUN_CANCELED}
    for entry in instance.all_logs(run_id, of_type=ends):
        return _shortened(entry.get_dagster_event().message or "")
    return GONE


def _shortened(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= LONGEST_MESSAGE else line[: LONGEST_MESSAGE - 1] + "…"


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, CITY_TIME):%Y-%m-%d %H:%M}"
