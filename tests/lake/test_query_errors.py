"""What is said of a query that is wrong: it quotes what was typed, and suggests only what may be read."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from pipelines.lake.confined import tables_read


@pytest.fixture
def lake() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as lake; use lake")
        for table in ("core.dim_persons", "identity.person_ids", "staging.stg_health__records"):
            connection.execute(
                f"create schema {table.split('.')[0]}; create table {table} (person_id varchar)"
            )
        yield connection


def error_of(lake: duckdb.DuckDBPyConnection, query: str, *, reads_closed: bool = False) -> str:
    with pytest.raises(duckdb.Error) as told:
        tables_read(lake, query, reads_closed=reads_closed)
    return str(told.value)


@pytest.mark.parametrize("before", ["", "select 1 from (\n", "\n" * 8])
def test_an_error_quotes_the_query_as_it_was_typed(lake: duckdb.DuckDBPyConnection, before: str) -> None:
    query = f"{before}select nme from core.dim_persons" + (")" if "(" in before else "")
    told = error_of(lake, query)
    line = before.count("\n") + 1
    quoted, caret = told[told.index("LINE ") :].split("\n")[:2]
    typed = query.split("\n")[line - 1]
    assert quoted.startswith(f"LINE {line}: ") and quoted.endswith(typed)
    assert quoted[caret.index("^") :].startswith("nme")
    assert "explain" not in told


def test_an_error_suggests_no_table_of_a_closed_schema(lake: duckdb.DuckDBPyConnection) -> None:
    for query in (
        "from person_idz",
        "from identity.person_idz",
        "from stg_health__record",
        "explain select 1 from person_idz",
    ):
        assert "Did you mean" not in error_of(lake, query)
        assert "Did you mean" in error_of(lake, query, reads_closed=True)
    assert 'Did you mean "dim_persons"' in error_of(lake, "from core.dim_person")
    assert 'Did you mean "length"' in error_of(lake, "select lenght('a')")
