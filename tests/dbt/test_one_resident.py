"""The page about one resident is what a newly built city says.

After a wanted change: `python -m tests.dbt.test_one_resident` builds the city and writes the page.
"""

from __future__ import annotations

import re

import pytest

from benchmarks.identity.resident import find_resident
from benchmarks.identity.resident_page import resident_page
from pipelines.contracts import load_contracts
from pipelines.installation.state import embedded_server, prepare
from pipelines.lake.connection import reader
from pipelines.settings import PROJECT_ROOT, Settings
from tests.dbt.conftest import SCALE, SEED, TODAY, build_warehouse
from tests.support.servers import temporary_home

PAGE = PROJECT_ROOT / "docs" / "one-resident.md"
CITY = f"a city of {SCALE:.1%} of Huainan's size (seed {SEED})"


@pytest.fixture(scope="module")
def page(warehouse: Settings) -> str:
    return written(warehouse)


def test_the_page_is_what_the_city_says(page: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == page


def test_nobody_can_be_read_off_the_page(page: str) -> None:
    """Neither an identity number nor a telephone, in any width."""
    assert not re.search(r"\d{11}", page)


def test_the_page_shows_what_it_speaks_of(page: str) -> None:
    assert re.search(r"^- `identity_number` ", page, re.M)
    assert re.search(r"^- `linked` ", page, re.M)
    assert re.search(r":::sensitive$", page, re.M)
    assert len(re.findall(r"^\| \d+ \| `\w+\.\w+`.* \| .*`\w+` \|$", page, re.M)) >= 5, "planted dirt"
    assert "0 of somebody else's" in page


def written(settings: Settings) -> str:
    """The page of a built city."""
    with reader(settings) as connection:
        found = find_resident(connection, settings.truth, load_contracts(settings.sources_dir))
        return resident_page(found, CITY)


def main() -> None:
    """Build the city and write the page."""
    with temporary_home() as folder:
        settings = Settings(home=folder, today=TODAY)
        prepare(settings)
        try:
            PAGE.write_text(written(build_warehouse(settings)), encoding="utf-8")
        finally:
            embedded_server(settings).stop()


if __name__ == "__main__":
    main()
