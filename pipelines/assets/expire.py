"""Letting go of the lake's old states: the job, its hour, and what it must not touch."""

from dataclasses import asdict
from datetime import datetime

import dagster as dg

from data_quality.evidence import judged_snapshots
from pipelines.assets.jobs import TIME_ZONE, whole_builds
from pipelines.lake.retention import Expired, expire_snapshots
from pipelines.lake.state import connect_state
from pipelines.resources.platform import Platform
from pipelines.settings import CITY_TIME, Settings
from sharing.ledger import pinned_snapshots


def let_go_of_old_states(
    settings: Settings, instance: dg.DagsterInstance, *, dry_run: bool = False
) -> Expired:
    """Expire snapshots that no build of the day or month left, and that no decision refers to."""
    with connect_state(settings) as state:
        pinned = pinned_snapshots(state) | judged_snapshots(state)
    # By the clock, as snapshots are; the day that a demo believes in has nothing to do with it.
    now = datetime.now(CITY_TIME)
    return expire_snapshots(settings, list(whole_builds(instance)), pinned, now=now, dry_run=dry_run)


@dg.op(name="let_go_of_old_states")
def _expire(context: dg.OpExecutionContext, platform: Platform) -> None:
    expired = let_go_of_old_states(platform.settings, context.instance)
    context.log.info(f"{asdict(expired)}")


@dg.job(name="expire", description="清理数据湖的过期快照及其独占的文件")
def expire() -> None:
    """Once a morning, after the nightly run."""
    _expire()


EXPIRE_SCHEDULE = dg.ScheduleDefinition(job=expire, cron_schedule="0 6 * * *", execution_timezone=TIME_ZONE)
