"""Options that contradict each other, or say nothing, are refused before anything is done."""

from __future__ import annotations

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipelines.cli import data
from pipelines.cli.main import app as commands
from pipelines.settings import Settings


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
