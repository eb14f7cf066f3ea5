"""Publishing the serving file: what may be in it, when it changes, what happens when it must not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml
from typer.testing import CliRunner

from pipelines.cli.main import app as commands
from pipelines.lake import serving
from pipelines.lake.serving import (
    Release,
    ServingError,
    publish_leadership,
    roll_back,
    served_release,
    serving_file,
)
from pipelines.settings import PROJECT_ROOT, Settings
from tests.dashboards.fake_lake import MART


def change(lake: duckdb.DuckDBPyConnection, to: float) -> None:
    lake.execute(f"update {MART} set value = ? where region_level = 'city' and indicator_code = 'ZW1'", [to])


def test_the_same_content_is_the_same_release(lake: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    first = publish_leadership(lake, settings, lake_snapshot=1)
    written = serving_file(settings).stat().st_mtime_ns
    again = publish_leadership(lake, settings, lake_snapshot=2)
    assert first.is_new
    assert not again.is_new
    assert again.release_id == first.release_id
    assert serving_file(settings).stat().st_mtime_ns == written


def test_what_a_killed_publish_was_building_is_removed_and_what_another_builds_is_not(
    lake: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as ended:
        ended.wait()
    settings.serving.mkdir(parents=True)
    left = [settings.serving / f".leadership.{ended.pid}.building{end}" for end in ("", ".wal")]
    running = settings.serving / f".leadership.{os.getppid()}.building"
    for path in (*left, running):
        path.touch()
    publish_leadership(lake, settings, lake_snapshot=1)
    assert set(settings.serving.glob(".*")) == {running}


def test_changed_content_is_served_and_the_last_five_stay(
    lake: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    releases = []
    for step in range(7):
        change(lake, step / 10)
        releases.append(publish_leadership(lake, settings, lake_snapshot=step).release_id)
    assert len(set(releases)) == 7
    kept = list((settings.serving / "releases").glob("*.duckdb"))
    assert {path.stem.removeprefix("leadership-") for path in kept} == set(releases[2:])
    rolled_back = roll_back(settings, releases[3], rolled_back_by="值班员", reason="指标有误")
    assert rolled_back.release_id == served_release(settings).release_id == releases[3]
    with pytest.raises(ServingError, match="not kept"):
        roll_back(settings, releases[0], rolled_back_by="值班员", reason="指标有误")
    assert sorted(path.name for path in settings.serving.iterdir()) == [
        "leadership.duckdb", "leadership.json", "releases",
    ]  # fmt: skip


def test_a_column_that_nobody_allowed_stops_the_release(
    lake: duckdb.DuckDBPyConnection, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = publish_leadership(lake, settings, lake_snapshot=1)
    leaky = tmp_path / "leaky.sql"
    leaky.write_text(
        serving.BASE_SQL.read_text() + "\ncreate table serving.people as select 'x' as id_number;"
    )
    monkeypatch.setattr(serving, "BASE_SQL", leaky)
    with pytest.raises(ServingError, match=r"people\.id_number"):
        publish_leadership(lake, settings, lake_snapshot=2)
    assert served_release(settings).release_id == good.release_id


def test_an_operator_serves_an_older_release_again_for_a_reason_that_is_kept(
    lake: duckdb.DuckDBPyConnection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.cli.data.get_settings", lambda: settings)
    monkeypatch.setattr("pipelines.cli.main.get_settings", lambda: settings)
    ids = []
    for step in (0.1, 0.2):
        change(lake, step)
        ids.append(publish_leadership(lake, settings, lake_snapshot=1).release_id)
    listed = json.loads(CliRunner().invoke(commands, ["publish", "--releases", "--json"]).stdout)
    assert {row["release_id"]: row["served"] for row in listed} == {ids[0]: False, ids[1]: True}
    back = ["publish", "--roll-back", ids[0]]
    for refused in ([], ["--reason", "电话 13812345678 核实"]):
        assert CliRunner().invoke(commands, [*back, *refused]).exit_code == 1
        assert served_release(settings).release_id == ids[1]
    done = CliRunner().invoke(commands, [*back, "--reason", "六月指标有误"])
    assert done.exit_code == 0, done.output
    assert "is served again" in done.stdout
    assert served_release(settings).release_id == ids[0]
    (line,) = (settings.serving / "releases" / "leadership-roll-backs.jsonl").read_text().splitlines()
    kept = json.loads(line)
    assert (kept["release_id"], kept["reason"]) == (ids[0], "六月指标有误")
    assert kept["rolled_back_by"]


@pytest.mark.parametrize("code", ["ZW1", "PA3_CLOSE_P90", "PA4"])
def test_a_small_cell_that_the_mart_forgot_stops_the_release(
    code: str, lake: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    good = publish_leadership(lake, settings, lake_snapshot=1)
    lake.execute(
        f"update {MART} set denominator = 3, numerator = 2, value = 0.66, is_suppressed = false "
        "where region_code = '340402' and indicator_code = ?",
        [code],
    )
    with pytest.raises(ServingError, match="small cells shown"):
        publish_leadership(lake, settings, lake_snapshot=2)
    assert served_release(settings).release_id == good.release_id


HIDDEN_CELLS_SHOW = """
    select count(*), count(coverage), count(numerator), count(denominator), count(value),
        count(display_value), count(display_change), count(display_coverage), count(region_rank)
    from indicator_values where is_suppressed
"""


def test_a_hidden_cell_shows_nothing_to_count_it_by(
    lake: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    publish_leadership(lake, settings, lake_snapshot=1)
    with duckdb.connect(str(serving_file(settings)), read_only=True) as file:
        hidden, *shown = file.execute(HIDDEN_CELLS_SHOW).fetchone()
    assert hidden > 0
    assert not any(shown)


def rewrite(settings: Settings, release: Release, change: str) -> None:
    """Change cells of a kept release, as an older platform would have written them."""
    kept = settings.serving / "releases" / f"leadership-{release.release_id}.duckdb"
    kept.chmod(0o600)
    with duckdb.connect(str(kept)) as file:
        file.execute(f"update fct_indicator_values set {change}")


@pytest.mark.parametrize("figure", ["numerator", "denominator", "value", "coverage"])
def test_a_file_whose_hidden_cells_show_a_figure_is_not_served(
    figure: str, lake: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    good = publish_leadership(lake, settings, lake_snapshot=1)
    change(lake, 0.5)
    better = publish_leadership(lake, settings, lake_snapshot=2)
    rewrite(settings, good, f"{figure} = 3 / 11 where is_suppressed")
    with pytest.raises(ServingError, match="hidden cells that show a figure"):
        roll_back(settings, good.release_id, rolled_back_by="值班员", reason="指标有误")
    assert served_release(settings).release_id == better.release_id


def test_a_release_that_would_hide_more_today_is_not_served_again(
    lake: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    """One county of the month is hidden and its brothers are shown, so that the city tells it."""
    month = "indicator_code = 'ZW1' and period_grain = 'month' and region_level = 'county'"
    hidden = "is_suppressed = true, numerator = null, denominator = null, value = null"
    lake.execute(f"update {MART} set {hidden} where {month} and region_code = '340402'")
    old = publish_leadership(lake, settings, lake_snapshot=1)
    change(lake, 0.5)
    new = publish_leadership(lake, settings, lake_snapshot=2)
    rewrite(
        settings,
        old,
        "is_suppressed = false, numerator = 10, denominator = 20, value = 0.5 "
        f"where {month} and is_suppressed and region_code <> '340402'",
    )
    with pytest.raises(ServingError, match="today's suppression"):
        roll_back(settings, old.release_id, rolled_back_by="值班员", reason="指标有误")
    assert served_release(settings).release_id == new.release_id
    assert not list((settings.serving / "releases").glob("*.jsonl"))


def test_an_empty_lake_says_what_to_do(lake: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    lake.execute(f"delete from {MART}")
    with pytest.raises(ServingError, match="brain build"):
        publish_leadership(lake, settings, lake_snapshot=1)
    assert not serving_file(settings).exists()


def test_no_hidden_cell_follows_from_what_is_shown(
    lake: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    lake.execute(
        f"update {MART} set is_suppressed = true, numerator = null, denominator = null, value = null "
        "where indicator_code = 'ZW1' and (region_code = '340402' "
        "or (region_level = 'city' and period_grain = 'day' and period_start = date '2026-05-05'))"
    )
    publish_leadership(lake, settings, lake_snapshot=1)
    with duckdb.connect(str(serving_file(settings)), read_only=True) as file:
        alone, orphaned, days = file.execute(
            """
            with cells as (select * from fct_indicator_values where denominator > 0 or is_suppressed),
            families as (
                select indicator_code, parent_code, period_grain, period_start,
                    count(*) as members, count(*) filter (where is_suppressed) as hidden
                from cells where parent_code is not null group by all
            ),
            joined as (
                select families.*, parents.is_suppressed as is_parent_hidden
                from families inner join cells as parents on families.parent_code = parents.region_code
                and families.indicator_code = parents.indicator_code
                and families.period_grain = parents.period_grain
                and families.period_start = parents.period_start
            )
            select
                (select count(*) from joined where not is_parent_hidden and hidden = 1 and members > 1),
                (select count(*) from joined where is_parent_hidden and hidden = 0),
                (select count(*) from (
                    select count(*) filter (where is_suppressed) as hidden from cells
                    where period_grain = 'day' group by indicator_code, region_code, period_month
                ) where hidden = 1)
            """
        ).fetchone()
        hidden = file.execute("select count(*) from fct_indicator_values where is_suppressed").fetchone()[0]
    assert hidden > 0
    assert (alone, orphaned, days) == (0, 0, 0)


SUM_TO_A_SMALL_NUMBER = """
    with families as (
        select indicator_code, parent_code, period_start, count(*) filter (where is_suppressed) as hidden,
            count(*) filter (where denominator > 0) as shown, coalesce(sum(denominator), 0) as shown_sum
        from fct_indicator_values where period_grain = 'month' group by all
    )
    select families.indicator_code, parents.denominator - shown_sum as together, hidden
    from families inner join fct_indicator_values as parents
        on families.parent_code = parents.region_code and families.indicator_code = parents.indicator_code
        and families.period_start = parents.period_start and parents.period_grain = 'month'
    where not parents.is_suppressed and hidden > 0 and shown > 0 and families.indicator_code = 'ZW1'
        and families.parent_code = '340403' and (together < ? or together = hidden)
"""


@pytest.mark.parametrize(("hidden", "together"), [(2, 2), (2, 3), (3, 4), (6, 6)])
def test_hidden_cells_that_are_few_together_are_not_told_by_the_rest(
    hidden: int, together: int, lake: duckdb.DuckDBPyConnection, settings: Settings, below: int = 5
) -> None:
    family = "indicator_code = 'ZW1' and period_grain = 'month'"
    lake.execute(
        f"update {MART} set denominator = 20, numerator = 10, value = 0.5, is_suppressed = false "
        f"where {family} and parent_code = '340403'"
    )
    lake.execute(
        f"update {MART} set denominator = null, numerator = null, value = null, is_suppressed = true "
        f"where {family} and region_code in (select region_code from lake.core.dim_regions "
        f"where parent_code = '340403' order by region_code limit {hidden})"
    )
    lake.execute(
        f"update {MART} as parents set denominator = {together} + (select sum(denominator) from {MART} as "
        "children where children.indicator_code = 'ZW1' and children.parent_code = '340403' and "
        "children.period_grain = 'month' and children.period_start = parents.period_start) "
        f"where {family} and region_code = '340403'"
    )
    publish_leadership(lake, settings, lake_snapshot=1)
    with duckdb.connect(str(serving_file(settings)), read_only=True) as file:
        assert file.execute(SUM_TO_A_SMALL_NUMBER, [below]).fetchall() == []


def _with_smallest_count(home: Path, smallest: int) -> Settings:
    """Settings whose dbt project publishes no smaller count than this."""
    project = yaml.safe_load((PROJECT_ROOT / "dbt_project" / "dbt_project.yml").read_text())
    project["vars"]["smallest_published_count"] = smallest
    (home / "dbt_project.yml").write_text(yaml.safe_dump(project))
    return Settings(home=home, dbt_project=home)


def test_a_raised_smallest_count_raises_what_hidden_cells_may_be_told_by(
    lake: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    """Two hidden counts that are 7 together are of more than one person each, and yet both below 10."""
    lake.execute(
        f"update {MART} set denominator = null, numerator = null, value = null, is_suppressed = true "
        "where denominator between 1 and 9"
    )
    test_hidden_cells_that_are_few_together_are_not_told_by_the_rest(
        2, 7, lake, settings := _with_smallest_count(tmp_path, 10), below=10
    )
    assert served_release(settings) is not None


def test_a_mart_that_was_built_with_a_smaller_count_is_not_published(
    lake: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with pytest.raises(ServingError, match="small cells shown"):
        publish_leadership(lake, _with_smallest_count(tmp_path, 10), lake_snapshot=1)


def test_the_release_says_how_old_it_is(lake: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    release = publish_leadership(lake, settings, lake_snapshot=42)
    assert release.data_as_of.isoformat() == "2026-06-30"
    assert release.release_id.startswith("20260630-")
    assert release.lake_snapshot == 42
    assert release.missing_indicators == []
