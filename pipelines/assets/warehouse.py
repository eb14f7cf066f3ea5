"""dbt models and the identity step as assets, in one lineage.

dbt runs twice around identity: first the models that identity reads, then those that
read identity. Each run holds the lake's write lock and skips unchanged models. dagster-dbt
translates dbt's results into Dagster events, without a separate dbt process.
"""

import json
from collections.abc import Iterator, Mapping, Set
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from pipelines.assets.unchanged import unchanged_models
from pipelines.identity import decision_key, every_decision, resolve_persons
from pipelines.installation.state import connect_state
from pipelines.lake.connection import writer
from pipelines.lake.dbt import dbt_results, ensure_manifest
from pipelines.resources.platform import Platform
from pipelines.settings import get_settings

BEFORE_IDENTITY = "resource_type:seed staging intermediate"
AFTER_IDENTITY = "core sensitive indicators share quality"
IDENTITY_TABLES = {
    "person_assignments": "每条源记录归属的人员编号、依据的规则和概率",
    "person_evidence": "归一所依据的记录对",
    "person_ids": "人员编号登记，旧编号始终可查",
    "person_id_history": "人员编号的合并与拆分",
    "person_review": "待人工裁定的记录对",
}


class BuildConfig(dg.Config):
    """How to build: incrementally, or everything again from landing."""

    full_refresh: bool = False


class LakeTranslator(DagsterDbtTranslator):
    """Asset key = schema and table in the lake; group = layer; owner = the model's department."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """Return the schema and table in the lake."""
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Return the model's layer."""
        return dbt_resource_props["schema"]

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str] | None:
        """Return the department responsible for the model; by default the data bureau."""
        owner = dbt_resource_props.get("config", {}).get("meta", {}).get("owner_code", "data_bureau")
        return [f"team:{owner}"]


TRANSLATOR = LakeTranslator()


def warehouse_assets() -> list[dg.AssetsDefinition]:
    """Return the two dbt steps and the identity step between them."""
    manifest = ensure_manifest(get_settings())

    @dbt_assets(
        manifest=manifest,
        select=BEFORE_IDENTITY,
        name="dbt_before_identity",
        dagster_dbt_translator=TRANSLATOR,
    )
    def before_identity(
        context: dg.AssetExecutionContext, platform: Platform, config: BuildConfig
    ) -> Iterator[Any]:
        left = set()
        if not config.full_refresh:
            left = unchanged_models(platform.settings, context.instance, manifest)
        yield from _dbt_build(context, platform, config, manifest, left=left)

    @dbt_assets(
        manifest=manifest, select=AFTER_IDENTITY, name="dbt_after_identity", dagster_dbt_translator=TRANSLATOR
    )
    def after_identity(
        context: dg.AssetExecutionContext, platform: Platform, config: BuildConfig
    ) -> Iterator[Any]:
        yield from _dbt_build(context, platform, config, manifest)

    return [before_identity, identity, after_identity]


@dg.multi_asset(
    name="resolve_persons",
    can_subset=True,
    specs=[
        dg.AssetSpec(
            ["identity", table],
            deps=[dg.AssetKey(["intermediate", "int_persons_candidates"])],
            group_name="identity",
            owners=["team:data_bureau"],
            kinds={"splink", "duckdb"},
            description=description,
        )
        for table, description in IDENTITY_TABLES.items()
    ],
)
def identity(
    context: dg.AssetExecutionContext, platform: Platform, config: BuildConfig
) -> Iterator[dg.MaterializeResult]:
    """Resolve persons across the sources: all tables in one transaction, whichever are selected."""
    settings = platform.settings
    with connect_state(settings) as state:
        decisions = every_decision(state)
    key = decision_key(settings.secrets, decisions)
    with writer(settings) as connection:
        outcome = resolve_persons(
            connection,
            as_of=settings.current_date(),
            decisions=decisions,
            key=key,
            full_refresh=config.full_refresh,
        )
    for asset_key in context.selected_asset_keys:
        yield dg.MaterializeResult(asset_key=asset_key, metadata=outcome.metadata())


def _dbt_build(
    context: dg.AssetExecutionContext,
    platform: Platform,
    config: BuildConfig,
    manifest: Path,
    *,
    left: Set[str] = frozenset(),
) -> Iterator[Any]:
    """Build the selected models of one step, except those in `left`, which are unchanged."""
    wanted = _models(context, manifest)
    built = sorted(wanted.keys() - left)
    for name in sorted(wanted.keys() & left):
        yield dg.MaterializeResult(asset_key=wanted[name], metadata={"status": "unchanged"})
    if not built:
        return
    # Buildable: a test that reads a model of the other step runs there, not here.
    # Unit tests run the SQL on fixtures: they belong to the test suite, not to a build.
    command = ["build", "--indirect-selection", "buildable", "--exclude-resource-type", "unit_test"]
    command += ["--select", *built]
    if config.full_refresh:
        command.append("--full-refresh")
    for result in dbt_results(platform.settings, command):
        message = DbtCoreCliEventMessage(raw_event=result, event_history_metadata={})
        yield from message.to_default_asset_events(manifest, TRANSLATOR, context)


def _models(context: dg.AssetExecutionContext, manifest: Path) -> dict[str, dg.AssetKey]:
    """Return the assets selected for this run, by their dbt names."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    keys = {
        node["name"]: TRANSLATOR.get_asset_key(node)
        for node in nodes
        if node["resource_type"] in ("model", "seed", "snapshot")
    }
    return {name: key for name, key in keys.items() if key in context.selected_asset_keys}
