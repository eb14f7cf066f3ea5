"""Lake maintenance, every morning: expire old snapshots and merge small files."""

from dataclasses import asdict, dataclass
from datetime import datetime

import dagster as dg

from data_quality.evidence import judged_snapshots
from pipelines.assets.jobs import TIME_ZONE
from pipelines.contracts import load_contracts
from pipelines.delivery.builds import whole_builds
from pipelines.installation.state import connect_state
from pipelines.lake.compaction import MergeResult, merge_small_files
from pipelines.lake.retention import Expired, expire_snapshots
from pipelines.resources.platform import Platform
from pipelines.settings import CITY_TIME, Settings
from sharing.ledger import pinned_snapshots


@dataclass(frozen=True)
class Maintained:
    """The result of one maintenance run."""

    merged: MergeResult
    expired: Expired


def maintain_lake(settings: Settings, instance: dg.DagsterInstance, *, dry_run: bool = False) -> Maintained:
    """Merge small files, then expire the snapshots that no build, day, month or decision needs."""
    with connect_state(settings) as state:
        pinned = pinned_snapshots(state) | judged_snapshots(state)
    merged = MergeResult(0, 0)
    if not dry_run:
        merged = merge_small_files(settings, load_contracts(settings.sources_dir))
    # By the system clock, like the snapshots; a demo's simulated date does not apply.
    now = datetime.now(CITY_TIME)
    expired = expire_snapshots(settings, list(whole_builds(instance)), pinned, now=now, dry_run=dry_run)
    return Maintained(merged, expired)


@dg.op(name="maintain_lake")
def _maintain(context: dg.OpExecutionContext, platform: Platform) -> None:
    context.log.info(f"{asdict(maintain_lake(platform.settings, context.instance))}")


@dg.job(name="maintain", description="合并数据湖的小文件，清理过期快照及其独占的文件")
def maintain() -> None:
    """Run once a morning, after the nightly run."""
    _maintain()


MAINTAIN_SCHEDULE = dg.ScheduleDefinition(
    name="maintain", job=maintain, cron_schedule="0 6 * * *", execution_timezone=TIME_ZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
)  # fmt: skip
