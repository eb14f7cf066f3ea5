"""Options that contradict each other, or say nothing, are refused before anything is done."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from pipelines.cli import data
from pipelines.cli.main import app as commands
from pipelines.cli.output import failures_as_messages
from pipelines.settings import Settings, get_settings


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home that nothing has been set up in."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    for module in ("data", "main"):
        monkeypatch.setattr(f"pipelines.cli.{module}.get_settings", lambda: settings)
    return settings


def brain(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--reason", "the newest is wrong"], "--roll-back"),
        (["--reason", ""], "--roll-back"),
        (["--releases", "--reason", "the newest is wrong"], "--releases"),
        (["--releases", "--roll-back", "20260630T020000"], "--releases"),
    ],
)
@pytest.mark.usefixtures("home")
def test_publish_does_nothing_where_its_options_do_not_fit(
    monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    done: list[str] = []
    for name in ("_publish", "_roll_back", "_show_releases"):
        monkeypatch.setattr(data, name, lambda *_, name=name, **__: done.append(name))
    refused = brain("publish", *options)
    assert refused.exit_code == 1 and said in refused.output and "Nothing was" in refused.output
    assert done == []


@pytest.mark.parametrize(
    ("options", "action"),
    [
        ([], "_publish"),
        (["--releases"], "_show_releases"),
        (["--roll-back", "20260630T020000", "--reason", "the newest is wrong"], "_roll_back"),
        # Refused by what rolls back, which says that a reason is needed.
        (["--roll-back", "20260630T020000"], "_roll_back"),
    ],
)
@pytest.mark.usefixtures("home")
def test_publish_does_one_thing(monkeypatch: pytest.MonkeyPatch, options: list[str], action: str) -> None:
    done: list[str] = []
    for name in ("_publish", "_roll_back", "_show_releases"):
        monkeypatch.setattr(data, name, lambda *_, name=name, **__: done.append(name))
    assert brain("publish", *options).exit_code == 0
    assert done == [action]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--from", "2026-06-01"], "--to is missing"),
        (["--to", "2026-06-01"], "--from is missing"),
        (["--from", "2026-06-02", "--to", "2026-06-01"], "--to is before its --from"),
    ],
)
@pytest.mark.usefixtures("home")
def test_a_period_says_what_is_wrong_with_it(
    monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    monkeypatch.setattr(data, "prepare", lambda _: None)
    refused = brain("pull", "affairs", *options)
    assert refused.exit_code == 1 and said in refused.output and "Nothing was pulled" in refused.output


@pytest.mark.parametrize("command", [("sql", "select 1"), ("person", "review")])
@pytest.mark.usefixtures("home")
def test_a_limit_is_one_at_least(command: tuple[str, ...]) -> None:
    for limit in ("-1", "0"):
        refused = brain(*command, "--limit", limit)
        assert refused.exit_code == 2 and "x>=1" in refused.output


def test_a_message_stands_without_quotes_around_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), failures_as_messages():
        raise KeyError("System 'affairs' has no table 'cases'.")
    assert capsys.readouterr().err == "KeyError: System 'affairs' has no table 'cases'.\n"


def brain_in(home: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> Result:
    monkeypatch.setattr(os, "environ", os.environ | {"BRAIN_HOME": str(home)})
    get_settings.cache_clear()
    try:
        return brain(command)
    finally:
        get_settings.cache_clear()


@pytest.mark.parametrize("name", ["o'brien", "a=b", "a[1]", "a*", "back\\slash", "$HOME", "a\nb"])
def test_a_home_that_databases_would_take_for_another_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    refused = brain_in(tmp_path / name, monkeypatch, "start")
    assert refused.exit_code == 1 and "Nothing was done" in refused.output.replace("\n", " ")
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("inside", ["", "deeper/home"])
def test_a_home_that_is_a_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    file = tmp_path / "a-file"
    file.write_text("mine")
    refused = brain_in(file / inside, monkeypatch, "status")
    assert refused.exit_code == 1 and "is a file" in refused.output.replace("\n", "")
    assert isinstance(refused.exception, SystemExit), "a traceback"
    assert file.read_text() == "mine"
