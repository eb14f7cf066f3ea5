from __future__ import annotations

import json
import re

import pytest

from pipelines.extract.json_text import parse_json
from pipelines.lake.connection import reader
from pipelines.lake.register import register_batches
from pipelines.pull import pull_system
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


DEVICES = ("34040200001370000001", "34040200001370000002")


def as_numbers(*rows: dict) -> bytes:
    """A page on which the keys are written as numbers."""
    text = json.dumps({"items": rows, "next_page_token": None})
    return re.sub(r'"person_no": "(\d+)"', r'"person_no": \1', text).encode()


def test_a_number_of_twenty_digits_keeps_them_all(settings, interface) -> None:
    rows = [person(i) | {"person_no": device} for i, device in enumerate(DEVICES)]
    interface.misbehave = lambda _: (200, {}, as_numbers(*rows))
    assert pull(settings).rows_landed == 2
    assert [row[0] for row in landed_rows(settings.home)] == list(DEVICES)


@pytest.mark.parametrize(
    ("digits", "value"),
    [
        ("18446744073709551615", 18446744073709551615), ("18446744073709551616", "18446744073709551616"),
        ("-9223372036854775808", -9223372036854775808), ("-9223372036854775809", "-9223372036854775809"),
        ("12345678901234567.89", "12345678901234567.89"), ("0.30000000000000004", 0.30000000000000004),
        ("1" * 40, "1" * 40), ("1.10", 1.1),
    ],
)  # fmt: skip
def test_what_64_bits_would_change_comes_as_text(digits: str, value: object) -> None:
    for text in (
        f'{{"a": {digits}}}',
        f'{{"a":[1,{digits}]}}',
        f'[{{"b": 12345678901234567, "a":{digits}}}]',
    ):
        found = parse_json(text.encode())
        found = found[0] if isinstance(found, list) else found
        found = found["a"][1] if isinstance(found["a"], list) else found["a"]
        assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "text",
    ['{"a": NaN, "b": 12345678901234567890}', '{"a": "\\ud800", "b": 12345678901234567890}',
     "[" * 1_010 + "12345678901234567890" + "]" * 1_010, '{"a": 1e400}', "\ufeff\ufeff{}",
     '{"a": 0.00000000000000001e-99999999999999999999}'],
)  # fmt: skip
def test_what_is_no_json_is_refused_also_beside_a_long_number(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        parse_json(text.encode())


@pytest.mark.parametrize(
    ("charset", "mark"), [("utf-8", b"\xef\xbb\xbf"), ("UTF-8", b""), ("GBK", b""), ("gb18030", b"")]
)
def test_a_page_is_read_in_the_writing_that_it_says(settings, interface, charset: str, mark: bytes) -> None:
    page = json.dumps({"items": [person(1, name="淮南")]}, ensure_ascii=False).encode(charset)
    head = {"Content-Type": f"application/json; charset={charset}"}
    interface.misbehave = lambda _: (200, head, mark + page)
    assert pull(settings).rows_landed == 1
    assert landed_rows(settings.home)[0][1] == "淮南"


@pytest.mark.parametrize("charset", ["klingon", "utf-16", "idna", "zlib", "gbk"])
def test_what_is_not_in_that_writing_is_no_json(settings, interface, charset: str) -> None:
    head = {"Content-Type": f"application/json; charset={charset}"}
    interface.misbehave = lambda _: (200, head, b'{"items": [{"name": "\xff\xff"}]}')
    assert pull(settings).error_type == "SourceUnreadableError"


def test_a_field_that_no_row_has_any_more_stops_the_table(settings, interface) -> None:
    interface.rows = [{name: value for name, value in person(1).items() if name != "name"}]
    outcome = pull(settings)
    assert outcome.error_type == "SchemaChangedError"
    assert "'name': missing" in outcome.message


@pytest.mark.usefixtures("interface")
def test_an_empty_answer_changes_nothing(settings) -> None:
    assert pull(settings).status == "unchanged"


def test_a_source_without_an_address_says_where_to_write_it(settings) -> None:
    outcome = pull(settings)
    assert outcome.error_type == "SourceUnreachableError"
    assert "BRAIN_SOURCE_REGISTRY_URL" in outcome.message


def test_a_text_with_a_nul_is_kept_out_and_the_lake_stays_readable(settings, interface) -> None:
    interface.rows = [person(1), person(2, person_no="P\x002"), person(3, name="王\x00五")]
    outcome = pull(settings)
    assert (outcome.rows_landed, outcome.rows_quarantined) == (1, 2)
    register_batches(settings)
    joined = (
        "select rule_code, source_record_id from {0} "
        "join (from {0} select source_record_id order by 1 limit 9) using (source_record_id) order by 1"
    )
    with reader(settings) as lake:
        for table in ("quality.quarantine", "quality.door_findings"):
            query = joined.format(table)
            assert lake.execute(query).fetchall() == [("nul.name", "P3"), ("nul.person_no", r"P\u00002")]
        (sent,) = lake.execute(
            "select raw_row from quality.quarantine where rule_code = 'nul.name'"
        ).fetchone()
    assert json.loads(sent)["name"] == "王\x00五"
