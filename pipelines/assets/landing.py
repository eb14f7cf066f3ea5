"""Landed tables as assets: one step for each source system, one asset for each of its tables.

A system that cannot be reached fails its own check and leaves its tables unchanged;
the other systems continue. The counts of rows read, landed and quarantined are asset
metadata; personal values never are.
"""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from pipelines.contracts import SourceContract, TableContract
from pipelines.lake.register import register_batches
from pipelines.land.outcome import PullOutcome
from pipelines.pull import pull_system
from pipelines.resources.platform import Platform

DOOR_CHECK = "door_1_contract"
RETRIES = dg.RetryPolicy(max_retries=1, delay=5)


def landed_key(system: str, table: str) -> dg.AssetKey:
    """Return the key of a landed table: its schema and table in the lake."""
    return dg.AssetKey(["landing", f"{system}__{table}"])


def landing_step(system: str) -> str:
    """Return the name of the step that pulls a system, for run configuration."""
    return f"land_{system}"


class PullConfig(dg.Config):
    """What to read: new data, or the days of a period again (both ends included, ISO dates)."""

    period_from: str = ""
    period_to: str = ""

    def period(self) -> tuple[date, date] | None:
        """Return the period, if there is one."""
        if not self.period_from:
            return None
        return date.fromisoformat(self.period_from), date.fromisoformat(self.period_to)


def landing_assets(contract: SourceContract) -> dg.AssetsDefinition:
    """Return the step that pulls one system, with an asset and a door check for each table."""
    tables = {landed_key(contract.system, name): name for name in contract.tables}

    @dg.multi_asset(
        name=landing_step(contract.system),
        specs=[_spec(contract, table) for table in contract.tables.values()],
        check_specs=[
            dg.AssetCheckSpec(DOOR_CHECK, asset=key, description="读入行数 = 落地行数 + 隔离行数")
            for key in tables
        ],
        can_subset=True,
        retry_policy=RETRIES,
    )
    def pull(
        context: dg.AssetExecutionContext, platform: Platform, config: PullConfig
    ) -> Iterator[dg.MaterializeResult]:
        chosen = [tables[key] for key in tables if key in context.selected_asset_keys]
        outcomes = pull_system(platform.settings, contract.system, chosen, config.period())
        register_batches(platform.settings)
        for outcome in outcomes:
            if outcome.status == "failed":
                context.log.error(outcome.message)
            yield _materialized(contract.system, outcome)

    return pull


def _spec(contract: SourceContract, table: TableContract) -> dg.AssetSpec:
    return dg.AssetSpec(
        landed_key(contract.system, table.name),
        group_name=f"landing_{contract.system}",
        owners=[f"team:{contract.owner_code}"],
        description=f"{contract.label} · {table.label}:{table.description}",
        kinds={contract.server.type, "parquet"},
        metadata={"owner": contract.owner, "grain": table.grain},
    )


def _materialized(system: str, outcome: PullOutcome) -> dg.MaterializeResult:
    key = landed_key(system, outcome.table)
    complete = outcome.rows_read == outcome.rows_landed + outcome.rows_quarantined
    return dg.MaterializeResult(
        asset_key=key,
        metadata={
            "status": outcome.status,
            "rows_read": outcome.rows_read,
            "rows_landed": outcome.rows_landed,
            "rows_quarantined": outcome.rows_quarantined,
            "seconds": outcome.seconds,
            "message": outcome.message or "",
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=DOOR_CHECK,
                asset_key=key,
                passed=outcome.status != "failed" and complete,
                metadata={"rows_quarantined": outcome.rows_quarantined, "message": outcome.message or ""},
            )
        ],
    )
