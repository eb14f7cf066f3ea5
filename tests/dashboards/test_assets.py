"""The assets as files: what would be wrong with them is found without starting Superset."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from dashboards import environment
from dashboards.validate import faults
from pipelines.lake.serving import ALLOWED_COLUMNS
from pipelines.settings import PROJECT_ROOT

ASSETS = environment.FOLDER / "assets"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ASSETS, tmp_path / "assets"))


def edit(path: Path, **changes: object) -> None:
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes, allow_unicode=True))


def test_the_assets_are_without_fault() -> None:
    assert faults(ASSETS) == []


def test_datasets_read_what_the_serving_file_holds() -> None:
    for path in ASSETS.glob("datasets/**/*.yaml"):
        dataset = yaml.safe_load(path.read_text())
        held = set(ALLOWED_COLUMNS[dataset["table_name"]].split())
        assert {column["column_name"] for column in dataset["columns"]} <= held


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"query_context": None}, "query_context is empty"),
        ({"dataset_uuid": "00000000-0000-0000-0000-000000000000"}, "nowhere defined"),
        ({"params": {}}, "other params"),
        ({"uuid": "00000000-0000-0000-0000-000000000001"}, "no page holds"),
    ],
)
def test_a_broken_chart_is_found(copy: Path, changes: dict, said: str) -> None:
    edit(copy / "charts" / "headline_zw1.yaml", **changes)
    assert [fault for fault in faults(copy) if said in fault]


def test_a_database_that_can_be_written_is_found(copy: Path) -> None:
    edit(copy / "databases" / "leadership.yaml", allow_dml=True)
    assert [fault for fault in faults(copy) if "may be written" in fault]


def test_a_filter_that_takes_free_text_is_found(copy: Path) -> None:
    page = copy / "dashboards" / "city_overview.yaml"
    page.write_text(page.read_text().replace("creatable: false", "creatable: true", 1))
    assert [fault for fault in faults(copy) if "takes free text" in fault]


def test_righted_strings_keep_what_is_filled_in() -> None:
    righted = json.loads((environment.FOLDER / "translations_zh.json").read_text())
    filled_in = re.compile(r"%(?:\(\w+\))?[sd]")
    assert {
        source: target
        for source, target in righted.items()
        if sorted(filled_in.findall(source)) != sorted(filled_in.findall(target))
    } == {}


def test_asset_files_name_no_folder_of_this_machine() -> None:
    for path in ASSETS.rglob("*.yaml"):
        assert str(PROJECT_ROOT) not in path.read_text()


def test_what_the_dashboard_says_of_small_counts_is_what_the_project_obeys() -> None:
    said = yaml.safe_load((PROJECT_ROOT / "dbt_project" / "dbt_project.yml").read_text())["vars"]
    page = (environment.FOLDER / "assets" / "dashboards" / "city_overview.yaml").read_text()
    assert f"分母小于 {said['smallest_published_count']} 的不公布" in page
    assert f"小于 {said['rankable_denominator']} 的不排名" in page
    for name in ("indicator_values", "county_map"):
        dataset = (environment.FOLDER / "assets" / "datasets" / "leadership" / f"{name}.yaml").read_text()
        assert f"分母小于 {said['rankable_denominator']} 的不排名" in dataset
        assert f"小于 {said['smallest_published_count']} 的不公布" in dataset


def chart(name: str) -> dict:
    return yaml.safe_load((ASSETS / "charts" / f"{name}.yaml").read_text())["params"]


def test_a_single_day_of_a_per_cent_can_be_seen_on_an_axis_that_ends_at_a_hundred() -> None:
    """Without a floor the axis of one value reaches from 40 to 160, and a line of one point is none."""
    trend = chart("city_trend")
    assert trend["y_axis_bounds"][0] == 0
    assert trend["markerEnabled"]
    # A smoothed line swings above a hundred between its points.
    assert trend["seriesType"] == "line"
    # Thousands are no Chinese unit: 30k is three times ten thousand to its reader.
    assert trend["y_axis_format_secondary"] == ",d"


def test_the_maps_classes_are_not_rounded_into_each_other() -> None:
    choropleth = chart("county_choropleth")
    assert (choropleth["num_buckets"], choropleth["legend_format"]) == ("3", "")


def test_the_p90_says_of_which_alarms_it_speaks() -> None:
    assert "已处置的报警" in chart("headline_pa3_close_p90")["subtitle"]


def test_the_page_warns_of_comparing_a_month_whose_cases_are_still_open() -> None:
    page = (ASSETS / "dashboards" / "city_overview.yaml").read_text()
    assert "办结率按受理月统计，最近一月尚有未到期的在办件，不宜与上期直接比较" in page
