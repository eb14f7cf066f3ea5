"""What has landed and is not built is known, of the home that is asked about."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

from pipelines.assets.jobs import landed_but_not_built
from pipelines.installation.state import connect_state, embedded_server
from pipelines.operations.runs import is_up_to_date, prepare_environment
from pipelines.resources.platform import Platform
from pipelines.settings import Settings, get_settings
from tests.support.servers import running_platform

LANDED = """
    insert into ops.batches (
        batch_id, system, table_name, span, version, content_hash, contract_hash, rows_read, rows_landed,
        rows_quarantined, landed_at
    ) values (%(moment)s, 'grid', 'event', %(moment)s, 1, 'c', 'h', 0, 0, 0, %(moment)s)
"""


@dg.op
def nothing() -> None:
    """A build that has nothing to do."""


@dg.job(name="build")
def build() -> None:
    nothing()


@dg.job
def nightly() -> None:
    nothing()


@pytest.fixture(scope="module")
def server() -> Iterator[Settings]:
    with running_platform() as settings:
        yield settings


@pytest.fixture
def settings(server: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A home where nothing has landed; another one is this process's own."""
    monkeypatch.setattr(os, "environ", os.environ | {"BRAIN_HOME": str(tmp_path / "another")})
    get_settings.cache_clear()
    get_settings()
    with connect_state(server) as state:
        state.execute("delete from ops.batches")
    yield server.model_copy(
        update={"home": tmp_path / "home", "database_url": embedded_server(server).conninfo("brain")}
    )
    get_settings.cache_clear()


def land(settings: Settings) -> None:
    with connect_state(settings) as state:
        state.execute(LANDED, {"moment": datetime.now(UTC)})


def ask(settings: Settings, instance: dg.DagsterInstance) -> list[str]:
    """The keys of the builds that the sensor asks for; Dagster starts one of a key only once."""
    with (
        mock.patch("pipelines.resources.platform.get_settings", lambda: settings),
        dg.build_sensor_context(instance=instance, resources={"platform": Platform()}) as context,
    ):
        return [request.run_key for request in landed_but_not_built.evaluate_tick(context).run_requests]


def test_each_state_of_landing_is_built_once_by_itself(settings: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert ask(settings, instance) == []
        land(settings)
        (first,) = ask(settings, instance)
        failed = instance.create_run_for_job(build, status=dg.DagsterRunStatus.STARTED)
        assert ask(settings, instance) == []
        instance.report_run_failed(failed)
        assert ask(settings, instance) == [first], "what failed is not started again"
        land(settings)
        (second,) = ask(settings, instance)
        assert second != first
        assert build.execute_in_process(instance=instance).success
        assert ask(settings, instance) == []


@pytest.mark.parametrize("job", [build, nightly], ids=lambda job: job.name)
@pytest.mark.parametrize("happened", [None, "RUN_ENQUEUED", "RUN_STARTING", "RUN_START", "RUN_CANCELING"])
def test_no_build_is_started_beside_another(
    settings: Settings, job: dg.JobDefinition, happened: str | None
) -> None:
    land(settings)
    with dg.DagsterInstance.ephemeral() as instance:
        origin = RemoteJobOrigin(
            RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("city"), "city"), job.name
        )
        run = instance.create_run_for_job(job, remote_job_origin=origin)
        if happened:
            event = dg.DagsterEvent(dg.DagsterEventType[happened].value, job.name)
            instance.report_dagster_event(event, run.run_id)
        assert ask(settings, instance) == []


def test_a_home_is_up_to_date_once_what_landed_there_is_built(settings: Settings) -> None:
    assert not is_up_to_date(settings)
    land(settings)
    assert not is_up_to_date(settings)
    prepare_environment(settings)
    with dg.DagsterInstance.get() as instance:
        assert build.execute_in_process(instance=instance).success
    assert is_up_to_date(settings)
    land(settings)
    assert not is_up_to_date(settings)
