"""The linkage model as data: what it refuses, and that a pair's level is known by its weight."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from pydantic import ValidationError

from pipelines.identity.increment import rules_digest
from pipelines.identity.model import Comparison, Level, shipped_model
from pipelines.identity.scoring import level_sql
from pipelines.splink import pairs as splink_pairs

MISSING = Level(label="missing", condition="a_l is null or a_r is null")
SAME = Level(label="same", condition="a_l = a_r", m=0.9, u=0.01)
NEAR = Level(label="near", condition="abs(a_l - a_r) = 1", m=0.09, u=0.04)
DIFFERENT = Level(label="different", m=0.01, u=0.95)


def test_levels_that_weigh_the_same_are_refused() -> None:
    as_heavy = NEAR.model_copy(update={"m": 0.45, "u": 0.005})
    with pytest.raises(ValidationError, match="weigh the same"):
        Comparison(name="a", label="甲", levels=(MISSING, SAME, as_heavy, DIFFERENT))


def test_a_level_that_weighs_nothing_is_not_taken_for_a_missing_value() -> None:
    weightless = NEAR.model_copy(update={"m": 0.04})
    with pytest.raises(ValidationError, match="weigh the same"):
        Comparison(name="a", label="甲", levels=(MISSING, SAME, weightless, DIFFERENT))


def test_each_level_of_the_shipped_model_is_known_by_its_weight() -> None:
    for comparison in shipped_model().comparisons:
        for level in comparison.levels:
            told = duckdb.execute(
                f"select {level_sql(comparison)} from (select {level.weight!r} as mw_{comparison.name})"
            ).fetchone()[0]
            assert told == (-1 if level.is_missing else comparison.gamma_of(level.label))


def test_another_way_to_ask_splink_is_another_rule(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It lies outside of this room, because Spark's environment reads it too."""
    before = rules_digest(shipped_model())
    changed = tmp_path / "splink_pairs.py"
    changed.write_text(Path(splink_pairs.__file__).read_text() + "\n", encoding="utf-8")
    monkeypatch.setattr(splink_pairs, "__file__", str(changed))
    assert rules_digest(shipped_model()) != before
