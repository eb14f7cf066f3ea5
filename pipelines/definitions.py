"""The Dagster definitions of the platform, assembled and nothing more."""

from __future__ import annotations

import dagster as dg

from pipelines.assets.delivery import CITY_OVERVIEW, leadership_serving, share_assets
from pipelines.assets.jobs import jobs, schedules, sensors
from pipelines.assets.landing import landing_assets
from pipelines.assets.maintain import MAINTAIN_SCHEDULE, maintain
from pipelines.assets.warehouse import warehouse_assets
from pipelines.contracts import load_contracts
from pipelines.delivery.share_gate import share_contracts
from pipelines.resources.platform import Platform
from pipelines.settings import get_settings


@dg.definitions
def build_definitions() -> dg.Definitions:
    """Build the platform's assets, jobs, schedules and sensors from its contracts and models."""
    settings = get_settings()
    sources = load_contracts(settings.sources_dir)
    return dg.Definitions(
        assets=[
            *(landing_assets(contract) for contract in sources.values()),
            *warehouse_assets(),
            *(share_assets(contract) for contract in share_contracts(settings).values()),
            leadership_serving,
            CITY_OVERVIEW,
        ],
        jobs=[*jobs(sources), maintain],
        schedules=[*schedules(sources), MAINTAIN_SCHEDULE],
        sensors=sensors(),
        resources={"platform": Platform()},
        executor=dg.in_process_executor,
    )
