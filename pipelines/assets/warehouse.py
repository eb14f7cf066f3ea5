"""dbt models and the identity step as assets, in the lake's own lineage.

dbt runs twice around identity: first what identity reads, then what reads
identity. Each run holds the right to write the lake.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, dbt_assets

from pipelines.identity import resolve_persons
from pipelines.lake.connection import writer, writer_lock
from pipelines.lake.dbt import dbt_variables, ensure_manifest, provide_environment
from pipelines.resources.platform import Platform
from pipelines.settings import Settings, get_settings

BEFORE_IDENTITY = "resource_type:seed staging intermediate"
AFTER_IDENTITY = "core indicators share quality"
IDENTITY_TABLES = {
    "person_assignments": "每条源记录归属的人员编号、依据的规则和概率",
    "person_evidence": "归一所依据的记录对",
    "person_ids": "人员编号登记，旧编号始终可查",
    "person_id_history": "人员编号的合并与拆分",
    "person_review": "待人工裁定的记录对",
}


class BuildConfig(dg.Config):
    """How to build: from what is new, or everything from landing."""

    full_refresh: bool = False


class LakeTranslator(DagsterDbtTranslator):
    """Asset key = schema and table in the lake; group = layer; owner = the model's department."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """The lake's schema and table."""
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer that the model belongs to."""
        return dbt_resource_props["schema"]

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str] | None:
        """The department that answers for the model; the data bureau unless it says otherwise."""
        owner = dbt_resource_props.get("config", {}).get("meta", {}).get("owner_code", "data_bureau")
        return [f"team:{owner}"]


TRANSLATOR = LakeTranslator()


def warehouse_assets() -> list[dg.AssetsDefinition]:
    """The two dbt steps and identity between them."""
    manifest = ensure_manifest(get_settings())

    @dbt_assets(
        manifest=manifest,
        select=BEFORE_IDENTITY,
        name="dbt_before_identity",
        dagster_dbt_translator=TRANSLATOR,
    )
    def before_identity(
        context: dg.AssetExecutionContext, dbt: DbtCliResource, platform: Platform, config: BuildConfig
    ) -> Iterator[Any]:
        yield from _dbt_build(context, dbt, platform, config)

    @dbt_assets(
        manifest=manifest, select=AFTER_IDENTITY, name="dbt_after_identity", dagster_dbt_translator=TRANSLATOR
    )
    def after_identity(
        context: dg.AssetExecutionContext, dbt: DbtCliResource, platform: Platform, config: BuildConfig
    ) -> Iterator[Any]:
        yield from _dbt_build(context, dbt, platform, config)

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
def identity(context: dg.AssetExecutionContext, platform: Platform) -> Iterator[dg.MaterializeResult]:
    """Resolve persons across the sources: all tables in one transaction, whichever are asked for."""
    with writer(platform.settings) as connection:
        outcome = resolve_persons(connection, as_of=platform.settings.current_date())
    for key in context.selected_asset_keys:
        yield dg.MaterializeResult(asset_key=key, metadata=outcome.metadata())


def _dbt_build(
    context: dg.AssetExecutionContext, dbt: DbtCliResource, platform: Platform, config: BuildConfig
) -> Iterator[Any]:
    settings = platform.settings
    # Buildable: a test that reads a model of the other step runs there, not here.
    # Unit tests try the SQL on made-up rows: they belong to the test suite, not to a build.
    command = ["build", "--indirect-selection", "buildable", "--exclude-resource-type", "unit_test"]
    command += ["--vars", json.dumps(dbt_variables(settings))]
    if config.full_refresh:
        command.append("--full-refresh")
    with writer_lock(settings):
        yield from dbt.cli(command, context=context).stream()


def dbt_resource(settings: Settings) -> DbtCliResource:
    """The dbt command line on this project, told where the lake is."""
    provide_environment(settings)
    executable = Path(sys.executable).with_name("dbt")
    project = str(settings.dbt_project)
    return DbtCliResource(project_dir=project, profiles_dir=project, dbt_executable=str(executable))
