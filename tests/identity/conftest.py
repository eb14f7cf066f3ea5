from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pytest

from tests.identity.people import People


@pytest.fixture
def people() -> Iterator[People]:
    """A small city of strangers, to which a test adds the records that it is about."""
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("attach ':memory:' as lake")
        connection.execute("create schema lake.intermediate")
        city = People(connection)
        city.add_strangers(600, date(1940, 1, 1), timedelta(days=37))
        yield city
