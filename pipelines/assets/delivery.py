"""What leaves the platform: gated shares, the leadership serving file and the dashboard."""

from functools import partial

import dagster as dg

from pipelines.delivery.publishable import publishable_state
from pipelines.delivery.share_gate import gate
from pipelines.lake.connection import reader
from pipelines.lake.serving import publish_leadership
from pipelines.resources.platform import Platform
from sharing.contracts import ShareContract

GATE_CHECK = "door_2_gate"
SERVING_KEY = dg.AssetKey(["serving", "leadership"])
SERVED_TABLES = [
    dg.AssetKey(["indicators", "fct_indicator_values"]),
    dg.AssetKey(["indicators", "dim_indicators"]),
    dg.AssetKey(["core", "dim_regions"]),
]


def share_table(contract: ShareContract) -> dg.AssetKey:
    """Return the key of the table that a share is built from."""
    return dg.AssetKey(contract.source_table.split("."))


def share_assets(contract: ShareContract) -> dg.AssetsDefinition:
    """Return the asset that delivers one share, with its gate as a check. The evidence is in the ledger."""
    name = f"{contract.department}__{contract.dataset}"
    key, table = dg.AssetKey(["delivery", name]), share_table(contract)

    @dg.asset(
        key=key,
        deps=[table],
        check_specs=[dg.AssetCheckSpec(GATE_CHECK, asset=key, description="共享出门检查；证据见审计台账")],
        group_name="delivery",
        owners=["team:data_bureau"],
        description=f"{contract.label}：{contract.grant.purpose}",
        kinds={"greatexpectations", "parquet"},
    )
    def deliver(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
        built = partial(publishable_state, platform.settings, context.instance, table, run_id=context.run_id)
        outcome = gate(platform.settings, contract, built)
        (context.log.info if outcome.passed else context.log.error)(outcome.notice)
        facts = outcome.metadata()
        check = dg.AssetCheckResult(check_name=GATE_CHECK, passed=outcome.passed, metadata=facts)
        return dg.MaterializeResult(metadata=facts, check_results=[check])

    return deliver


@dg.asset(
    key=SERVING_KEY,
    deps=SERVED_TABLES,
    group_name="serving",
    owners=["team:data_bureau"],
    description="领导驾驶舱只读数据文件，不含任何个人数据行",
    kinds={"duckdb"},
)
def leadership_serving(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
    """Build, check and switch to the file that the leadership dashboard reads."""
    built = publishable_state(platform.settings, context.instance, SERVED_TABLES[0], run_id=context.run_id)
    with reader(platform.settings, snapshot=built) as lake:
        release = publish_leadership(lake, platform.settings, lake_snapshot=built)
    return dg.MaterializeResult(
        metadata={
            "release": release.release_id,
            "data_as_of": release.data_as_of.isoformat(),
            "is_new": release.is_new,
            "rows": sum(release.row_counts.values()),
        }
    )


CITY_OVERVIEW = dg.AssetSpec(
    ["dashboards", "city_overview"],
    deps=[SERVING_KEY],
    group_name="dashboards",
    owners=["team:data_bureau"],
    description="城市运行总览（Superset），直接读取领导驾驶舱数据文件",
    kinds={"superset"},
)
