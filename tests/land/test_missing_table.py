"""A table that is gone at its source: its owner is told, and the contract's policy is obeyed."""

from __future__ import annotations

import pytest

from pipelines.installation.state import connect_state
from pipelines.operations.source_status import source_status
from pipelines.pull import pull_system
from tests.support.registry import (
    SYSTEM,
    RegistryInterface,
    contract_document,
    rest_document,
    serving,
    write_contract,
    write_endpoint,
)

POLICIES = ("freeze", "quarantine", "evolve")


def _with_policy(document: dict, policy: str) -> dict:
    document["customProperties"][1]["value"]["tables"] = policy
    return document


def _seen(settings) -> tuple[list[tuple], list[tuple]]:
    with connect_state(settings) as state:
        drift = state.execute("select kind, difference, policy from ops.drift where gone_at is null")
        orders = state.execute("select rule_code, label from quality.work_orders where status = 'open'")
        return drift.fetchall(), orders.fetchall()


@pytest.mark.parametrize("policy", POLICIES)
def test_a_dropped_table_fails_or_is_passed_over_and_comes_back(settings, registry, policy: str) -> None:
    write_contract(settings, _with_policy(contract_document(), policy))
    registry.add(1, 2)
    registry.run("alter table person rename to person_of_yesterday")
    (outcome,) = pull_system(settings, SYSTEM)
    assert outcome.status == ("failed" if policy == "freeze" else "unchanged")
    assert "has no table 'person'" in outcome.message
    drift, orders = _seen(settings)
    assert drift == [("missing_table", "the source has no table 'person'", policy)]
    ((rule, label),) = orders
    assert rule == "drift.missing_table."
    assert label.endswith("来源表缺失：来源中没有“person”表")
    assert "person: the source has no table 'person'" in source_status(settings)[0]["problems"]
    registry.run("alter table person_of_yesterday rename to person")
    (outcome,) = pull_system(settings, SYSTEM)
    assert outcome.rows_landed == 2
    assert _seen(settings) == ([], [])


@pytest.mark.parametrize(("policy", "status"), [("freeze", "failed"), ("quarantine", "unchanged")])
def test_an_interface_without_the_path_has_no_table(settings, policy: str, status: str) -> None:
    write_contract(settings, _with_policy(rest_document(), policy))
    gone = RegistryInterface(misbehave=lambda _: (404, {}, b"{}"))
    with serving(gone) as interface:
        write_endpoint(settings, url=interface.url, token=interface.token)
        (outcome,) = pull_system(settings, SYSTEM)
    assert (outcome.status, "has no table 'person'" in outcome.message) == (status, True)
    assert [kind for kind, *_ in _seen(settings)[0]] == ["missing_table"]
