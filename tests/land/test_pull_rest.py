from __future__ import annotations

import pytest

from pipelines.land.pull import pull_system
from tests.support.registry import (
    SYSTEM,
    RegistryInterface,
    landed_rows,
    person,
    rest_document,
    serving,
    write_contract,
    write_endpoint,
)


@pytest.fixture
def interface(settings):
    write_contract(settings, rest_document())
    with serving(RegistryInterface()) as interface:
        write_endpoint(settings, url=interface.url, token=interface.token)
        yield interface


def pull(settings):
    (outcome,) = pull_system(settings, SYSTEM)
    return outcome


def test_all_pages_are_read_and_a_second_pull_asks_for_the_overlap_only(settings, interface) -> None:
    interface.rows = [person(i) for i in range(5)]
    first, second = pull(settings), pull(settings)
    assert (first.rows_landed, second.status) == (5, "unchanged")
    assert [request.get("page_token") for request in interface.requests[:3]] == [None, "2", "4"]
    assert interface.requests[3]["updated_since"] == "2026-06-01T07:50:04.000000+08:00"


def test_a_busy_interface_is_asked_again_when_it_says(settings, interface) -> None:
    interface.rows = [person(1)]
    refusals = {1: (429, {"Retry-After": "0"}, b""), 2: (503, {"Retry-After": "0"}, b"")}
    interface.misbehave = refusals.get
    assert pull(settings).rows_landed == 1
    assert len(interface.requests) == 3


def test_an_interface_that_stays_busy_fails_and_catches_up_later(settings, interface) -> None:
    interface.rows = [person(i) for i in range(5)]
    interface.misbehave = lambda number: (503, {"Retry-After": "0"}, b"") if number > 1 else None
    outcome = pull(settings)
    assert (outcome.status, outcome.error_type) == ("failed", "SourceUnreachableError")
    assert landed_rows(settings.home) == []
    interface.misbehave = lambda _: None
    assert pull(settings).rows_landed == 5


def test_a_wrong_token_is_refused_and_not_printed(settings, interface) -> None:
    write_endpoint(settings, url=interface.url, token="wrong-token")
    outcome = pull(settings)
    assert outcome.error_type == "SourceRefusedError"
    assert "valid token" in outcome.message and "wrong-token" not in outcome.message
    assert len(interface.requests) == 1


@pytest.mark.parametrize("body", [b"<html>", b'{"items": {}}', b"[1]", b'{"items": [{"person_no": "P1"'])
def test_a_corrupt_page_keeps_nothing(settings, interface, body: bytes) -> None:
    interface.rows = [person(i) for i in range(4)]
    interface.misbehave = lambda number: (200, {}, body) if number == 2 else None
    outcome = pull(settings)
    assert outcome.error_type == "SourceUnreadableError"
    assert landed_rows(settings.home) == []


def test_values_that_do_not_cast_are_quarantined_not_lost(settings, interface) -> None:
    interface.rows = [
        person(1),
        person(2, birth_date="三月"),
        person(3, is_deleted="maybe"),
        person(4, sex_code=None),
    ]
    outcome = pull(settings)
    assert (outcome.rows_read, outcome.rows_landed, outcome.rows_quarantined) == (4, 1, 3)


def test_a_field_that_no_row_has_any_more_stops_the_table(settings, interface) -> None:
    interface.rows = [{name: value for name, value in person(1).items() if name != "name"}]
    outcome = pull(settings)
    assert outcome.error_type == "SchemaChangedError"
    assert "'name': missing" in outcome.message


def test_an_empty_answer_changes_nothing(settings, interface) -> None:
    assert pull(settings).status == "unchanged"


def test_a_source_without_an_address_says_where_to_write_it(settings) -> None:
    outcome = pull(settings)
    assert outcome.error_type == "SourceUnreachableError"
    assert "BRAIN_SOURCE_REGISTRY_URL" in outcome.message
