"""What runs by itself is said when it is off."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import InProcessCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    ScheduleInstigatorData,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from pipelines.operations.automation import switched_off
from pipelines.operations.runs import prepare_environment
from pipelines.settings import Settings

REPOSITORY = RemoteRepositoryOrigin(
    InProcessCodeLocationOrigin(LoadableTargetOrigin(python_file="definitions.py"), location_name="brain"),
    "__repository__",
)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setattr(os, "environ", os.environ | {})
    return Settings(home=tmp_path)


def switch(instance: dg.DagsterInstance, name: str, status: InstigatorStatus) -> None:
    """What Dagster's page keeps of a switch."""
    origin = REPOSITORY.get_instigator_origin(name)
    instance.add_instigator_state(
        InstigatorState(origin, InstigatorType.SCHEDULE, status, ScheduleInstigatorData("0 2 * * *"))
    )


def test_what_was_switched_off_is_told(settings: Settings) -> None:
    assert switched_off(settings) == []
    prepare_environment(settings)
    with dg.DagsterInstance.get() as instance:
        switch(instance, "nightly", InstigatorStatus.STOPPED)
        switch(instance, "maintain", InstigatorStatus.RUNNING)
    assert switched_off(settings) == ["nightly"]
