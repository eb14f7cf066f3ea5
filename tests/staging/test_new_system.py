"""A new system is one YAML file; taking it away is one deletion and one entry."""

from __future__ import annotations

import shutil

import pytest
import yaml

from pipelines.contracts import ContractError, load_contracts
from pipelines.from_contracts import compare_files, write_files
from pipelines.installation.state import embedded_server
from pipelines.lake.connection import reader
from pipelines.lake.register import register_batches
from pipelines.lake.release import waiting_rows
from pipelines.operations.source_status import received_files, source_status
from pipelines.pull import pull_system
from tests.support.registry import (
    SYSTEM,
    RegistryDatabase,
    contract_document,
    write_contract,
    write_endpoint,
)
from tests.support.small_lake import contents, stage


@pytest.fixture(scope="module")
def registry(settings) -> RegistryDatabase:
    """The new system's own database, with three people in it."""
    database = RegistryDatabase(embedded_server(settings))
    database.create()
    database.add(1, 3)
    write_endpoint(settings, **database.endpoint())
    return database


def _write_files(settings) -> None:
    load_contracts.cache_clear()
    write_files(compare_files(load_contracts(settings.sources_dir), settings.dbt_project))


def test_one_yaml_file_is_pulled_landed_and_staged(settings, registry) -> None:
    document = contract_document()
    person = {"name": "name", "sex_code": "sex_code", "birth_date": "birth_date"}
    document["schema"][0]["customProperties"].append(
        {"property": "staging", "value": {"order_by": "update_time", "person": person}}
    )
    write_contract(settings, document)
    _write_files(settings)
    _pull_and_stage(settings)
    registry.run("update person set is_deleted = true, update_time = '2026-06-02' where person_no = 'P2'")
    _pull_and_stage(settings)
    people = contents(settings)["stg_registry__persons"]
    assert [(row["person_no"], row["name_standard"], row["is_deleted"]) for row in people] == [
        ("P1", "人1", False), ("P2", "人2", True), ("P3", "人3", False),
    ]  # fmt: skip
    assert [row["state"] for row in source_status(settings)] == ["fresh"]


def test_a_landed_system_without_contract_is_refused_until_it_is_retired(settings) -> None:
    shutil.rmtree(settings.sources_dir / SYSTEM)
    _write_files(settings)
    assert not (settings.dbt_project / "models/staging" / SYSTEM).exists()
    with pytest.raises(ContractError, match=r"neither a contract nor an entry in retired\.yaml"):
        register_batches(settings)
    entry = {"system": SYSTEM, "label": "测试登记库", "retired_on": "2026-06-30", "reason": "并入其他系统"}
    text = yaml.safe_dump({"retired": [entry]}, allow_unicode=True).replace("'2026-06-30'", "2026-06-30")
    (settings.sources_dir / "retired.yaml").write_text(text)
    register_batches(settings)
    with reader(settings) as connection:
        assert connection.execute("select count(*) from landing.registry__person").fetchone() == (4,)
    assert [(row["system"], row["state"]) for row in source_status(settings)] == [
        (SYSTEM, "retired 2026-06-30")
    ]
    assert received_files(settings, SYSTEM) == []
    with pytest.raises(LookupError, match=r"retired on 2026-06-30 \(并入其他系统\).*quarantine, stays"):
        waiting_rows(settings, SYSTEM, "person")
    with pytest.raises(LookupError, match="No source system 'nosuch'"):
        received_files(settings, "nosuch")


def _pull_and_stage(settings) -> None:
    (outcome,) = pull_system(settings, SYSTEM)
    assert outcome.status == "landed", outcome.message
    register_batches(settings)
    stage(settings)
