"""Rules come from the contract, complete or not at all, and fit the standard."""

from __future__ import annotations

import json
from importlib import resources

import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from data_quality.rules import DIMENSIONS, RuleError, rule_set_hash, rules_of
from pipelines.lake.levels import column_levels
from pipelines.settings import Settings
from sharing.contracts import load_share

CONTRACTS = sorted(Settings().shares_dir.glob("*/*.yaml"))
CONTRACT = Settings().shares_dir / "civil_affairs" / "elderly_living_alone.yaml"


def table(change=lambda _: None):
    content = yaml.safe_load(CONTRACT.read_text())
    change(content["schema"][0]["quality"])
    return OpenDataContractStandard(**content).schema_[0]


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.stem)
def test_contracts_follow_the_standards_json_schema(path):
    schema = json.loads(resources.files("open_data_contract_standard").joinpath("schema.json").read_text())
    content = json.loads(json.dumps(yaml.safe_load(path.read_text()), default=str))
    jsonschema.validate(content, schema)


def test_all_six_dimensions_are_covered():
    rules = load_share(CONTRACT, column_levels(Settings().dbt_project)).rules
    assert {rule.dimension for rule in rules} == set(DIMENSIONS.values())


def test_every_rule_has_an_owner_and_a_reason():
    assert all(rule.owner and rule.reason and rule.label for rule in rules_of(table()))


@pytest.mark.parametrize("field", ["description", "severity", "name"])
def test_a_rule_without_its_reason_is_refused(field):
    with pytest.raises(RuleError, match="needs a name, a description"):
        rules_of(table(lambda quality: quality[0].pop(field)))


def test_a_rule_that_compares_with_nothing_is_refused():
    with pytest.raises(RuleError, match="compares its query with nothing"):
        rules_of(table(lambda quality: quality[0].pop("mustBeGreaterThan")))


def test_two_rules_of_one_name_are_refused():
    with pytest.raises(RuleError, match="given twice"):
        rules_of(table(lambda quality: quality.append(quality[0])))


def test_the_fingerprint_changes_with_any_threshold():
    def relax(quality):
        quality[0]["mustBeGreaterThan"] = -1

    assert rule_set_hash(rules_of(table())) == rule_set_hash(rules_of(table()))
    assert rule_set_hash(rules_of(table())) != rule_set_hash(rules_of(table(relax)))
