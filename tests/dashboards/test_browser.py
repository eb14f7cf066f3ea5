"""The dashboard as leadership sees it: drawn in full, in Chinese, without any outside request."""

from __future__ import annotations

import json
import re

import duckdb
import pytest
from babel.messages.pofile import read_po
from playwright.sync_api import Route

from dashboards import environment, server
from pipelines.settings import PROJECT_ROOT, Settings
from tests.dashboards.browser import CHROMIUM, Visit, open_dashboard, opened, visit_dashboard

PICTURE = PROJECT_ROOT / "tests" / "artifacts" / "dashboard.png"
PAGES = (
    "/superset/welcome/", "/user_info/", "/dashboard/list/", "/chart/list/", "/tablemodelview/list/",
    "/savedqueryview/list/", "/sqllab/", "/sqllab/history/", server.DASHBOARD_PATH,
)  # fmt: skip
TELEPHONE, TELEPHONE_WIDTH = "iPhone 13", 390
TABLET, TABLET_WIDTH = "iPad Mini", 768
# Each card's left and right edge, and what is wider than the room it has to be read in.
CARDS = """() => {
    const cards = [...document.querySelectorAll('.dashboard-component-chart-holder')];
    const edges = cards.map(card => card.getBoundingClientRect()).map(box => [box.left, box.right]);
    const titles = [...document.querySelectorAll('.header-title span')];
    const cut = titles.filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.innerText);
    const [release] = document.querySelectorAll('.grid-row table');
    const note = document.querySelector('.dashboard-markdown .dashboard-component-chart-holder');
    const right = each => each.getBoundingClientRect().right;
    const room = each => each.closest('.dashboard-chart');
    const beyond = each => right(each) - right(room(each));
    return {
        edges, cut, viewport: window.innerWidth, page: document.documentElement.scrollWidth,
        release: release.getBoundingClientRect().right, note: note.scrollHeight - note.clientHeight,
        drawn: [...document.querySelectorAll('.grid-row canvas')].map(each => each.clientWidth),
        hidden: [...document.querySelectorAll('.grid-row table, .grid-row canvas')].filter(
            each => beyond(each) > 1 && getComputedStyle(room(each)).overflowX !== 'auto'
        ).length,
        newest: [...document.querySelectorAll('.grid-row canvas')].map(beyond).at(-1),
        notes: [...document.querySelectorAll('.subtitle-line')].map(each => getComputedStyle(each).fontSize),
    };
}"""


@pytest.fixture(scope="module")
def visit(installation: Settings) -> Visit:
    return visit_dashboard(installation, PICTURE)


@pytest.mark.browser
@pytest.mark.end_to_end
def test_the_page_asks_no_outside_host(visit: Visit) -> None:
    assert visit.outside == []


@pytest.mark.browser
@pytest.mark.end_to_end
def test_the_page_reports_no_error(visit: Visit) -> None:
    assert visit.console == []
    assert visit.refused == []


@pytest.mark.browser
@pytest.mark.end_to_end
def test_the_page_shows_the_headlines_and_how_old_they_are(
    visit: Visit, served: duckdb.DuckDBPyConnection
) -> None:
    release_id, as_of = served.execute("select release_id, data_as_of::varchar from release").fetchone()
    assert release_id in visit.text
    assert as_of in visit.text
    headlines = served.execute(
        "select indicator_name, printf(if(unit = '%', '%.1f%%', '%.1f'), display_value) "
        "from indicator_values where region_level = 'city' and period_grain = 'month' and is_latest "
        "and indicator_code in ('ZW1', 'ZW2', 'ZW3', 'ZL6', 'RK1', 'PA1', 'PA3_CLOSE_P90', 'PA4')"
    ).fetchall()
    assert len(headlines) == 8
    assert [name for name, value in headlines if name not in visit.text or value not in visit.text] == []


@pytest.mark.browser
@pytest.mark.end_to_end
def test_the_counties_to_choose_from_are_the_counties(
    visit: Visit, served: duckdb.DuckDBPyConnection
) -> None:
    counties = served.execute("select count(*) from dim_regions where region_level = 'county'").fetchone()[0]
    assert f"{counties} 个选项" in visit.text


@pytest.mark.browser
@pytest.mark.end_to_end
def test_map_and_trend_are_drawn(visit: Visit) -> None:
    assert visit.canvases >= 2
    assert "错误" not in visit.text
    assert "Error" not in visit.text


@pytest.mark.browser
@pytest.mark.end_to_end
def test_the_page_speaks_chinese(visit: Visit) -> None:
    for wrong in ("Loading", "Not In", "总计 个", "Filter", "Dashboard"):
        assert wrong not in visit.text
    assert CHROMIUM


@pytest.mark.browser
@pytest.mark.end_to_end
@pytest.mark.parametrize(
    ("username", "path", "status"),
    [("department", server.DASHBOARD_PATH, 404), ("leadership", "/sqllab/", 403)],
)
def test_who_may_not_see_a_page_is_told_so_in_chinese(
    username: str, path: str, status: int, installation: Settings
) -> None:
    with opened(installation, username) as (page, visit):
        answer = page.goto(f"{server.address(installation).url}{path}", wait_until="networkidle")
        text, source = page.locator("body").inner_text(), answer.text()
    assert answer.status == status
    assert "查看" in text and "权限" in text
    assert "市数据资源管理局" in text
    assert visit.outside == []
    assert "googleapis" not in source


def guesses() -> set[str]:
    """The strings that Superset's catalogue translates by guess (fuzzy) and that nobody has righted."""
    superset = environment.PYTHON.parent.parent
    catalogue = next(superset.glob("lib/*/site-packages/superset/translations/zh/LC_MESSAGES/messages.po"))
    with catalogue.open("rb") as file:
        fuzzy = {message.id for message in read_po(file) if message.fuzzy and isinstance(message.id, str)}
    return fuzzy - json.loads((environment.FOLDER / "translations_zh.json").read_text()).keys()


@pytest.mark.browser
@pytest.mark.end_to_end
def test_pages_show_no_guess_of_the_catalogue(installation: Settings) -> None:
    marked = {source: [f"§{source}§"] for source in guesses()}

    def mark(route: Route) -> None:
        answer = route.fetch()
        pack = answer.json()
        pack["locale_data"]["superset"].update(marked)
        route.fulfill(response=answer, json=pack)

    seen = {}
    with opened(installation, "analyst") as (page, _):
        page.route("**/language_pack/**", mark)
        for path in PAGES:
            page.goto(f"{server.address(installation).url}{path}", wait_until="networkidle")
            page.wait_for_timeout(1000)
            seen[path] = page.locator("body").inner_text() + " ".join(
                each.get_attribute("placeholder") for each in page.locator("[placeholder]").all()
            )
    assert marked
    assert {path: re.findall("§.*?§", text) for path, text in seen.items() if "§" in text} == {}
    assert "电子邮箱" in seen["/user_info/"]
    assert "Select schema" not in seen["/sqllab/"]


@pytest.mark.browser
@pytest.mark.end_to_end
def test_how_long_ago_something_was_is_said_in_chinese(installation: Settings) -> None:
    with opened(installation, "leadership") as (page, _):
        open_dashboard(page, installation)
        page.locator("[id$='-controls']").nth(1).click()
        said = page.locator(".ant-dropdown").filter(has_text="刷新于").inner_text()
        assert "ago" not in said
        assert "前" in said
        assert "之前" not in page.locator("body").inner_text()


@pytest.mark.browser
@pytest.mark.end_to_end
def test_where_there_is_no_value_nothing_is_read(installation: Settings) -> None:
    with opened(installation, "leadership") as (page, _):
        open_dashboard(page, installation)
        empty = page.locator("td.dt-is-null")
        assert empty.count()
        sizes = empty.evaluate_all("cells => cells.map(each => getComputedStyle(each).fontSize)")
    assert set(sizes) == {"0px"}


@pytest.mark.browser
@pytest.mark.end_to_end
def test_on_a_telephone_the_cards_are_stacked_and_nothing_is_cut(installation: Settings) -> None:
    with opened(installation, "leadership", device=TELEPHONE) as (page, _):
        open_dashboard(page, installation)
        page.screenshot(path=str(PICTURE.with_stem("dashboard-telephone")), full_page=True)
        seen = page.evaluate(CARDS)
    assert seen["viewport"] == TELEPHONE_WIDTH
    assert len(seen["edges"]) == 15
    assert {(left, right) for left, right in seen["edges"]} == {(16, TELEPHONE_WIDTH - 16)}
    assert seen["page"] == TELEPHONE_WIDTH
    assert seen["cut"] == []
    assert seen["release"] <= TELEPHONE_WIDTH - 16
    assert seen["note"] <= 1
    assert min(seen["drawn"]) > TELEPHONE_WIDTH / 2
    assert seen["hidden"] == 0 and seen["newest"] <= 1


@pytest.mark.browser
@pytest.mark.end_to_end
def test_on_a_tablet_every_figure_can_be_read_and_the_newest_days_are_seen(installation: Settings) -> None:
    """On 768 points the data's day was out of its card, and the counties' values were cut off at its edge."""
    with opened(installation, "leadership", device=TABLET) as (page, _):
        open_dashboard(page, installation)
        seen = page.evaluate(CARDS)
    assert seen["viewport"] == seen["page"] == TABLET_WIDTH
    assert seen["cut"] == []
    assert seen["note"] <= 1
    assert seen["release"] <= TABLET_WIDTH - 16
    assert seen["hidden"] == 0 and seen["newest"] <= 1
    assert set(seen["notes"]) == {"12px"}
