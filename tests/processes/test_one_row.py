"""A query that always returns a row gives it, and says so when it did not."""

from __future__ import annotations

import duckdb
import pytest

from pipelines.installation.one_row import one_row, one_value


def test_the_row_and_its_first_value() -> None:
    with duckdb.connect() as connection:
        assert one_row(connection.execute("select 1, 'a'")) == (1, "a")
        assert one_value(connection.execute("select max(x) from range(0) as numbers(x)")) is None


def test_a_missing_row_is_named() -> None:
    with duckdb.connect() as connection, pytest.raises(LookupError, match="always returns a row"):
        one_value(connection.execute("select 1 where false"))
