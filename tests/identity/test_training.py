"""A city estimates the linkage model from its own records, into a file that can be obeyed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipelines.cli.main import app as commands
from pipelines.identity.model import Model, load_model, shipped_model
from pipelines.settings import Settings
from tests.identity.people import People, number_of

REGISTERED = 60


@pytest.fixture
def train(people: People, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], Result]:
    """`brain person train` in a city that writes every name of a training roll wrongly."""
    for place in range(REGISTERED):
        birth = date(1950, 1, 1) + place * timedelta(days=211)
        number = number_of(birth, place * 2 + 1, "340492")
        people.add("hj_person", f"A{place}", "韩雪梅", birth, number=number, phone=f"137{place:08d}")
        people.add("training_record", f"B{place}", "韦志强", birth, number=number, phone=f"137{place:08d}")

    @contextmanager
    def lake(_: object) -> Iterator[duckdb.DuckDBPyConnection]:
        yield people.connection

    monkeypatch.setattr("pipelines.cli.identity.reader", lake)
    return lambda out: CliRunner().invoke(commands, ["person", "train", str(out)])


def _different_names(model: Model) -> float:
    (names,) = (item for item in model.comparisons if item.name == "name")
    return names.levels[-1].m


def test_the_file_says_what_the_citys_records_say(train: Callable[[Path], Result], tmp_path: Path) -> None:
    out = tmp_path / "model.yaml"
    done = train(out)
    assert done.exit_code == 0, done.output
    assert "brain build" in done.stdout
    shipped, trained = shipped_model(), load_model(out)
    assert trained.version == shipped.version + 1
    assert _different_names(trained) > 0.9 > _different_names(shipped)
    untouched = {"birth", "sex"}
    assert [item for item in trained.comparisons if item.name in untouched] == [
        item for item in shipped.comparisons if item.name in untouched
    ]


def test_a_file_that_is_there_stays(train: Callable[[Path], Result], tmp_path: Path) -> None:
    out = tmp_path / "model.yaml"
    out.write_text("mine")
    assert train(out).exit_code == 1
    assert out.read_text() == "mine"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("secrets/model.yaml", "secrets"),
        ("secrets/sources/../model.yaml", "secrets"),
        ("link/model.yaml", "secrets"),
        ("nowhere/model.yaml", "is no folder"),
    ],
)
def test_where_no_model_belongs_nothing_is_estimated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, said: str
) -> None:
    settings = Settings(home=tmp_path)
    (settings.secrets / "sources").mkdir(parents=True)
    (tmp_path / "link").symlink_to(settings.secrets)
    opened: list[object] = []
    for module in ("identity", "main"):
        monkeypatch.setattr(f"pipelines.cli.{module}.get_settings", lambda: settings)
    monkeypatch.setattr("pipelines.cli.identity.reader", opened.append)
    refused = CliRunner().invoke(commands, ["person", "train", str(tmp_path / place)])
    assert refused.exit_code == 1 and said in refused.output and "Nothing was changed" in refused.output
    assert opened == []
    assert not (tmp_path / place).exists()


def test_the_help_says_that_the_file_is_written() -> None:
    shown = " ".join(CliRunner().invoke(commands, ["person", "train", "--help"]).output.split())
    assert "NEW_FILE" in shown and "written" in shown
