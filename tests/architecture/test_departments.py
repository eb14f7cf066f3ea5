"""A department has one code and one name, wherever it is named as the owner of something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_quality.rules import STEWARD
from pipelines.contracts import ContractError, load_contracts, load_departments
from tests.support.registry import SYSTEM, contract_document

ROOT = Path(__file__).resolve().parents[2]
DEPARTMENTS = load_departments(ROOT / "sources")
OWNER_IN_SQL = re.compile(r"(case(?:(?!\bend\b).)*end|'[a-z_]+')\s+as\s+owner_code", re.DOTALL)
TEAM = re.compile(r"\bteam:([a-z_]+)")


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _mappings(item)


def _read(*patterns: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            for mapping in _mappings(yaml.safe_load(path.read_text())):
                yield path.relative_to(ROOT), mapping


def test_every_model_seed_and_indicator_has_an_owner_of_the_list() -> None:
    owned = [
        (path, mapping["owner_code"], mapping.get("owner") or mapping.get("owner_zh"))
        for path, mapping in _read("dbt_project/models/**/*.yml", "dbt_project/seeds/*.yml")
        if "owner_code" in mapping
    ]
    assert len(owned) > 150
    # Landed tables say the code alone.
    assert [item for item in owned if item[2] and DEPARTMENTS.get(item[1]) != item[2]] == []
    assert {code for _, code, _ in owned} <= DEPARTMENTS.keys()


def test_owners_that_models_work_out_are_of_the_list() -> None:
    found = {
        code
        for path in (ROOT / "dbt_project").rglob("*.sql")
        for expression in OWNER_IN_SQL.findall(path.read_text())
        for code in re.findall(r"(?:then|else|^)\s*'([a-z_]+)'", expression)
    }
    assert found
    assert found <= DEPARTMENTS.keys()


def test_share_contracts_name_departments_of_the_list() -> None:
    shares = list(_read("sharing/contracts/*/*.yaml"))
    receivers = [mapping for _, mapping in shares if "department_name" in mapping]
    assert receivers
    for mapping in receivers:
        assert DEPARTMENTS[mapping["department"]] == mapping["department_name"]
        assert mapping["granted_by"] in DEPARTMENTS.values()
    owners = {mapping["value"] for _, mapping in shares if mapping.get("property") == "owner"}
    givers = {mapping["team"]["name"] for _, mapping in shares if "team" in mapping}
    assert owners
    assert owners | givers <= set(DEPARTMENTS.values())


def test_the_steward_and_the_owners_of_assets_are_of_the_list() -> None:
    assert STEWARD in DEPARTMENTS.values()
    teams = set(TEAM.findall((ROOT / "tests" / "architecture" / "definitions.txt").read_text()))
    assert teams
    assert teams <= DEPARTMENTS.keys()


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        ([{"code": "test_department", "name": "测试局"}], "'test_department' is 测试局 there"),
        ([{"code": "another", "name": "测试部门"}], "'test_department' is not in it"),
        ([{"code": "a", "name": "甲"}, {"code": "b", "name": "甲"}], "the name '甲' is there 2 times"),
        ([{"code": "a"}], "says code and name"),
    ],
)
def test_an_owner_that_is_written_otherwise_does_not_load(tmp_path: Path, listed: list, said: str) -> None:
    (tmp_path / SYSTEM).mkdir()
    (tmp_path / SYSTEM / "contract.yaml").write_text(yaml.safe_dump(contract_document(), allow_unicode=True))
    (tmp_path / "departments.yaml").write_text(yaml.safe_dump({"departments": listed}, allow_unicode=True))
    with pytest.raises(ContractError, match=said):
        load_contracts(tmp_path)
