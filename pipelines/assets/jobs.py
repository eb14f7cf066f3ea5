"""Jobs, schedules and sensors: what runs together, when, and what triggers it.

A system's schedule follows the frequency that its contract promises. The sensor
evaluates state (landed but not yet built), not events, which a failed run could lose.
"""

from collections.abc import Iterator, Mapping

import dagster as dg

from pipelines.contracts import SourceContract, cron_of
from pipelines.delivery.builds import is_build_unfinished, last_build_started_at, newest_batch_at
from pipelines.resources.platform import Platform

TIME_ZONE = "Asia/Shanghai"
WAREHOUSE_GROUPS = (
    "reference", "staging", "intermediate", "identity", "core", "sensitive", "indicators", "share",
    "quality",
)  # fmt: skip
DELIVERY_GROUPS = ("delivery", "serving", "dashboards")


def landing_group(system: str) -> str:
    """Return the asset group of one source system's landed tables."""
    return f"landing_{system}"


def jobs(contracts: Mapping[str, SourceContract]) -> list:
    """Return `pull`, `build`, `publish`, and `nightly`, which combines the three."""
    groups = dg.AssetSelection.groups
    pulled = groups(*(landing_group(system) for system in contracts))
    built = groups(*WAREHOUSE_GROUPS)
    published = groups(*DELIVERY_GROUPS)
    return [
        dg.define_asset_job("pull", pulled, description="从各源系统抽取并落地"),
        dg.define_asset_job("build", built, description="清洗、归一、核心表、指标、共享切片"),
        dg.define_asset_job("publish", published, description="共享出门检查与交付,发布看板数据"),
        dg.define_asset_job("nightly", pulled | built | published, description="每夜全流程"),
    ]


def schedules(contracts: Mapping[str, SourceContract]) -> list[dg.ScheduleDefinition]:
    """Return a schedule for each polled system at its contract's frequency, and one for the nightly run."""
    polled = [contract for contract in contracts.values() if not contract.is_stream]
    return [
        *(_pull_schedule(contract) for contract in polled),
        dg.ScheduleDefinition(
            name="nightly",
            job_name="nightly",
            cron_schedule="0 2 * * *",
            execution_timezone=TIME_ZONE,
            default_status=dg.DefaultScheduleStatus.RUNNING,
        ),
    ]


def sensors() -> list[dg.SensorDefinition]:
    """Return `landed_but_not_built`, which starts a build when batches are waiting for one."""
    return [landed_but_not_built]


@dg.sensor(job_name="build", minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def landed_but_not_built(
    context: dg.SensorEvaluationContext, platform: Platform
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Request a build when the newest landed batch is newer than the last successful build.

    Each state of landing is requested once, because a failed build would fail again every minute.
    The next batch, or the nightly run, tries again.
    """
    newest_batch = newest_batch_at(platform.settings)
    if newest_batch is None:
        yield dg.SkipReason("Nothing has landed yet.")
        return
    if is_build_unfinished(context.instance):
        yield dg.SkipReason("A build is running or waiting.")
        return
    if last_build_started_at(context.instance) >= newest_batch:
        yield dg.SkipReason("Everything that has landed is built.")
        return
    yield dg.RunRequest(run_key=f"landed until {newest_batch:.6f}")


def _pull_schedule(contract: SourceContract) -> dg.ScheduleDefinition:
    job = dg.define_asset_job(
        f"pull_{contract.system}", dg.AssetSelection.groups(landing_group(contract.system))
    )
    cron = cron_of(contract.frequency)
    return dg.ScheduleDefinition(
        job=job, cron_schedule=cron, execution_timezone=TIME_ZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )  # fmt: skip
