"""What a build that fails says: where, which kind of error, where the rest is; no value of a row."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.lake.dbt import DbtFailedError, run_dbt
from pipelines.settings import Settings
from tests.support.small_lake import copy_project

MODELS = {
    "conversion": "select cast(name as integer) as broken from (values ('王伟')) as persons(name)",
    "range": "select cast(size as tinyint) as broken from (values (34049019)) as numbers(size)",
    "missing": "select * from nowhere.nothing",
}


@pytest.fixture
def failing(empty_lake: Settings) -> Settings:
    project = copy_project(Path(empty_lake.home) / "dbt_project")
    for name, query in MODELS.items():
        path = project / "models" / "staging" / f"stg_{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(query + "\n")
    return empty_lake.model_copy(update={"dbt_project": project})


def test_a_failed_build_names_the_kind_of_error_and_the_log_and_quotes_no_row(failing: Settings) -> None:
    with pytest.raises(DbtFailedError) as raised:
        run_dbt(failing, ["run", "--quiet", "--select", *(f"stg_{name}" for name in MODELS)])
    said, log = str(raised.value), failing.home / "logs" / "dbt.log"
    assert "stg_conversion: error (Conversion Error)" in said
    assert "stg_missing: error (Catalog Error)" in said
    assert "stg_range: error (" in said
    assert "王伟" not in said and "34049019" not in said
    assert str(log) in said and "again" in said
    assert "王伟" in log.read_text()
