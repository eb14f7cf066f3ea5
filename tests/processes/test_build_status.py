"""A build that did not end well is named until another one has."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipelines.operations import build_status
from pipelines.operations.build_status import build_problems
from pipelines.operations.runs import prepare_environment
from pipelines.operations.status import platform_status
from pipelines.resources.run_workers import PROCESS_TAG, own_process_tag
from pipelines.settings import Settings
from tests.support.servers import running_platform

FAILS = {"ops": {"step": {"config": {"fails": True}}}}
SUCCEEDS = {"ops": {"step": {"config": {"fails": False}}}}


@dg.op(config_schema={"fails": bool})
def step(context: dg.OpExecutionContext) -> None:
    if context.op_config["fails"]:
        raise RuntimeError("A check of the build failed.")


@dg.job(name="build")
def build() -> None:
    step()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(os, "environ", os.environ | {})
    return Settings(home=tmp_path)


@pytest.fixture
def instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    prepare_environment(settings)
    with dg.DagsterInstance.get() as instance:
        yield instance


def run(instance: dg.DagsterInstance, config: dict) -> None:
    build.execute_in_process(instance=instance, raise_on_error=False, run_config=config)


def unfinished(instance: dg.DagsterInstance, status: dg.DagsterRunStatus, tags: dict[str, str]) -> None:
    """A run that its process has not ended."""
    instance.create_run_for_job(build, run_config=SUCCEEDS, tags=tags, status=status)


def tag_of_a_killed_process() -> dict[str, str]:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    seen = time.time()
    process.kill()
    process.wait()
    return {PROCESS_TAG: f"{process.pid}@{seen:.0f}"}


def test_before_the_first_run_nothing_is_asked(settings: Settings) -> None:
    assert build_problems(settings) == []
    assert not (settings.home / "dagster").exists()


def test_a_failed_build_is_named_until_one_succeeds(settings: Settings, instance: dg.DagsterInstance) -> None:
    run(instance, FAILS)
    (problem,) = build_problems(settings)
    assert problem["where"] == "build"
    assert "failed on" in problem["what"] and "none has ended well yet" in problem["what"]
    assert "nothing is served yet" in problem["what"]
    assert "`brain build`" in problem["what_to_do"]
    assert "step: " in problem["what_to_do"] and "A check of the build failed." in problem["what_to_do"]
    run(instance, SUCCEEDS)
    assert build_problems(settings) == []
    run(instance, FAILS)
    assert "the last good one ended on" in build_problems(settings)[0]["what"]


def test_a_killed_build_is_named_before_anything_ends_its_run(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    run(instance, SUCCEEDS)
    unfinished(instance, dg.DagsterRunStatus.STARTED, tag_of_a_killed_process())
    (problem,) = build_problems(settings)
    assert "was killed" in problem["what"] and "Nothing was lost" in problem["what_to_do"]


def test_while_a_build_runs_the_one_before_is_not_named(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    run(instance, FAILS)
    unfinished(instance, dg.DagsterRunStatus.NOT_STARTED, {})
    assert len(build_problems(settings)) == 1
    unfinished(instance, dg.DagsterRunStatus.STARTED, own_process_tag())
    assert build_problems(settings) == []


def test_a_long_message_is_one_short_line() -> None:
    shown = build_status._shortened("a model failed\n" * 100)
    assert len(shown) == build_status.LONGEST_MESSAGE and "\n" not in shown


def test_status_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", os.environ | {})
    with running_platform() as settings:
        prepare_environment(settings)
        with dg.DagsterInstance.get() as instance:
            run(instance, FAILS)
        assert "build" in {row["where"] for row in platform_status(settings)["problems"]}
