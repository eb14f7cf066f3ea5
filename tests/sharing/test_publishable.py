"""What is published is what a good build left, not the half of one that failed or goes on."""

from dataclasses import replace
from datetime import date

import dagster as dg
import duckdb
import pytest

from pipelines.delivery import share_gate
from pipelines.delivery.publishable import newest_build_failed, publishable_state
from pipelines.lake.connection import current_snapshot, reader, writer

TODAY = date(2026, 6, 30)
TABLE = dg.AssetKey(["share", "built"])


def test_a_failed_build_is_not_published(city):
    home, seen = city.settings, []

    @dg.asset(key=TABLE)
    def built() -> None:
        with writer(home) as lake:
            lake.execute("create schema if not exists share")
            lake.execute("create or replace table share.built as select 1 as one")

    @dg.asset(deps=[TABLE])
    def checked() -> None:
        raise RuntimeError("A check of the build failed.")

    @dg.asset(deps=[TABLE])
    def delivered(context: dg.AssetExecutionContext) -> None:
        seen.append(publishable_state(home, context.instance, TABLE, run_id=context.run_id))

    def newest() -> int:
        with reader(home) as lake:
            return current_snapshot(lake)

    with dg.DagsterInstance.ephemeral() as instance:
        with pytest.raises(LookupError, match="Run `brain build`"):
            publishable_state(home, instance, TABLE)
        assert dg.materialize([built], instance=instance).success
        good = newest()
        assert publishable_state(home, instance, TABLE) == good
        assert not dg.materialize([built, checked], instance=instance, raise_on_error=False).success
        assert newest() > good
        assert publishable_state(home, instance, TABLE) == good
        # In one run with the build, what was built before the delivery ended well.
        assert dg.materialize([built, delivered], instance=instance).success
        assert seen == [newest()]


def test_a_build_that_failed_since_is_told():
    @dg.op(config_schema={"fails": bool})
    def step(context) -> None:
        if context.op_config["fails"]:
            raise RuntimeError("A check of the build failed.")

    @dg.job(name="build")
    def build() -> None:
        step()

    with dg.DagsterInstance.ephemeral() as instance:
        assert not newest_build_failed(instance)
        for fails in (False, True, False):
            config = {"ops": {"step": {"config": {"fails": fails}}}}
            build.execute_in_process(instance=instance, raise_on_error=False, run_config=config)
            assert newest_build_failed(instance) is fails


def test_the_gate_reads_nothing_outside_the_open_schemas_and_the_shares(city):
    settings = city.settings.model_copy(update={"today": TODAY})

    def newest() -> int:
        with reader(settings) as lake:
            return current_snapshot(lake)

    assert share_gate.gate(settings, city.contract, newest).status == "published"
    city.change(
        "create schema if not exists sensitive", "create or replace table sensitive.closed as select 1"
    )
    # As if the check of contracts had let it through.
    for query in (f"from read_text('{settings.home}/secrets/*')", "from {sensitive.closed}"):
        contract = replace(city.contract, references=city.contract.references | {"read": query})
        with pytest.raises(duckdb.PermissionException):
            share_gate.gate(settings, contract, newest)
