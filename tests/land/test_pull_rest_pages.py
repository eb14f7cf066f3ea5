"""Every way of paging: no row is lost, also where rows move while they are read."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from datetime import date

import pytest

from pipelines.pull import pull_system
from tests.support.paged_interface import PAGINATIONS, PagedInterface
from tests.support.registry import (
    SYSTEM,
    landed_rows,
    person,
    rest_document,
    serving,
    write_contract,
    write_endpoint,
)

KINDS = sorted(PAGINATIONS)
NUMBERED = [kind for kind in KINDS if kind.startswith(("page", "offset"))]
MOVED = "2026-06-01T09:00:00.000000+08:00"


@contextmanager
def interface_of(settings, kind: str, **changed):
    pagination = PAGINATIONS[kind] | changed
    write_contract(settings, rest_document(pagination=pagination))
    with serving(PagedInterface(pagination=pagination)) as interface:
        write_endpoint(settings, url=interface.url, token=interface.token)
        yield interface


@pytest.fixture
def interface(settings, request):
    with interface_of(settings, request.param) as interface:
        yield interface


def pull(settings, **options):
    (outcome,) = pull_system(settings, SYSTEM, **options)
    return outcome


def landed(settings) -> Counter:
    return Counter(row[0] for row in landed_rows(settings.home))


def people(first: int, last: int) -> Counter:
    return Counter(f"P{number}" for number in range(first, last + 1))


@pytest.mark.parametrize("interface", KINDS, indirect=True)
@pytest.mark.parametrize("rows", [1, 2, 5])
def test_every_row_lands_once_and_a_second_pull_nothing(settings, interface, rows: int) -> None:
    interface.rows = [person(i) for i in range(1, rows + 1)]
    assert pull(settings).rows_landed == rows
    assert landed(settings) == people(1, rows)
    assert pull(settings).status == "unchanged"


@pytest.mark.parametrize("interface", NUMBERED, indirect=True)
def test_a_server_that_gives_fewer_rows_than_asked_for_is_read_to_its_end(settings, interface) -> None:
    interface.rows, interface.most_rows = [person(i) for i in range(1, 6)], 1
    pull(settings)
    assert landed(settings) == people(1, 5)


@pytest.mark.parametrize("interface", NUMBERED, indirect=True)
def test_no_row_is_passed_over_when_one_before_it_moves(settings, interface) -> None:
    """P1 is changed after the first page, and all that follow move up by one place."""
    interface.rows = [person(i) for i in range(1, 10)]
    interface.happens = lambda number: number == 1 and interface.rows[0].update(update_time=MOVED)
    assert pull(settings).status == "landed"
    assert set(landed(settings)) == set(people(1, 9))


@pytest.mark.parametrize("interface", NUMBERED, indirect=True)
def test_no_row_is_passed_over_when_one_before_it_is_gone(settings, interface) -> None:
    interface.rows = [person(i) for i in range(1, 10)]
    interface.happens = lambda number: number == 1 and interface.rows.pop(0)
    pull(settings)
    assert set(landed(settings)) >= set(people(2, 9))


@pytest.mark.parametrize("interface", ["page_number by cursor", "offset by cursor"], indirect=True)
def test_rows_of_one_moment_that_fill_pages_are_read_until_they_stand_still(settings, interface) -> None:
    interface.rows = [person(i) | {"update_time": MOVED} for i in range(1, 8)]
    interface.happens = lambda number: number == 1 and interface.rows.pop(0)
    pull(settings)
    assert landed(settings) == people(2, 7)


@pytest.mark.parametrize("interface", ["page_number", "offset"], indirect=True)
def test_rows_that_never_stand_still_are_not_landed_with_gaps(settings, interface) -> None:
    interface.rows = [person(i) for i in range(1, 10)]
    interface.happens = lambda number: interface.rows[number % 9].update(name=f"改{number}")
    outcome = pull(settings)
    assert outcome.error_type == "SourceUnreadableError"
    assert "Pull again at a quieter time" in outcome.message
    assert landed_rows(settings.home) == []


@pytest.mark.parametrize("interface", ["page_number by cursor"], indirect=True)
def test_an_order_that_was_promised_and_is_not_kept_is_refused(settings, interface) -> None:
    interface.misbehave = lambda _: (
        200, {}, b'{"items": [{"update_time": "2026-06-02"}, {"update_time": "2026-06-01"}]}'
    )  # fmt: skip
    outcome = pull(settings)
    assert outcome.error_type == "SourceUnreadableError"
    assert "order of the cursor" in outcome.message


@pytest.mark.parametrize("interface", KINDS, indirect=True)
def test_a_period_is_read_again_without_harm(settings, interface) -> None:
    interface.rows = [person(i) for i in range(1, 6)]
    interface.rows += [person(9, update_time="2026-06-02T08:00:00.000000+08:00")]
    pull(settings)
    interface.rows[2]["name"] = "补录"
    period = (date(2026, 6, 1), date(2026, 6, 1))
    again, nothing = pull(settings, period=period), pull(settings, period=period)
    assert (again.rows_landed, again.rows_repeated) == (1, 4)
    assert (nothing.status, nothing.rows_repeated) == ("unchanged", 5)
    assert pull(settings).status == "unchanged"


@pytest.mark.parametrize(
    ("kind", "headers", "body"),
    [
        ("next_token", {}, b'{"items": [], "paging": {"next": "same"}}'),
        ("link_header", {"Link": '</people?token=1>; rel="next"'}, b'{"items": []}'),
    ],
)
def test_pages_in_a_circle_are_refused(settings, kind: str, headers: dict, body: bytes) -> None:
    with interface_of(settings, kind) as interface:
        interface.misbehave = lambda _: (200, headers, body)
        assert "in a circle" in pull(settings).message


def test_a_link_to_another_server_is_refused_and_gets_no_token(settings) -> None:
    with serving(PagedInterface(pagination=PAGINATIONS["none"])) as stranger:
        link = {"Link": f'<{stranger.url}/people>; rel="next"'}
        with interface_of(settings, "link_header") as interface:
            interface.misbehave = lambda _: (200, link, b'{"items": []}')
            outcome = pull(settings)
    assert "on another server" in outcome.message
    assert stranger.requests == []
