import duckdb
import pytest

from simulator.generate import generate

SCALE, SEED = 0.001, 31


class City:
    """A generated city with a DuckDB to ask it."""

    def __init__(self, home):
        self.home, self.scale, self.seed = home, SCALE, SEED
        self._connection = duckdb.connect()
        self._connection.execute("set timezone = 'Asia/Shanghai'")

    def rows(self, query, **files):
        """Rows of a query in which {name} stands for a Parquet file under the home."""
        paths = {name: f"read_parquet('{self.home / path}.parquet')" for name, path in files.items()}
        return self._connection.execute(query.format(**paths)).fetchall()

    def value(self, query, **files):
        return self.rows(query, **files)[0][0]


@pytest.fixture(scope="session")
def city(tmp_path_factory):
    home = tmp_path_factory.mktemp("city")
    generate(home, SCALE, SEED)
    return City(home)
