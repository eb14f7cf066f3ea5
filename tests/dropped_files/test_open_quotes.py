"""A quote that nobody closed: the torn line is kept apart, every other line is a row, and none is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pipelines.extract.files.job import RefusedFileError
from pipelines.extract.files.limits import LIMITS
from pipelines.extract.files.lines import LineSorter
from tests.dropped_files.conftest import rows, text_of
from tests.support.drops import HEADERS

# Above some megabytes the engine reads several parts of a file at once.
FEW, LARGE = 30, 210_000
PLACES = {"key": ("B", '"B'), "name": (",人", ',"人'), "last_column": ("注", '"注')}


def opened(lines: list[str], place: int, column: str = "name") -> str:
    lines[place] = lines[place].replace(*PLACES[column], 1)
    return lines[place].rstrip("\n")


@pytest.mark.parametrize(
    ("count", "column", "where"),
    [
        *((FEW, column, where) for column in PLACES for where in ("first", "middle", "last")),
        *((LARGE, *place) for place in (("key", "first"), ("name", "middle"), ("last_column", "last"))),
    ],
)
def test_one_open_quote_costs_its_own_line_alone(read, count: int, column: str, where: str) -> None:
    lines = rows(count)
    torn = opened(lines, {"first": 0, "middle": count // 2, "last": count - 1}[where], column)
    parsed, found = read(text_of(lines))
    assert (parsed.rows, parsed.unreadable_rows, len({row[0] for row in found})) == (count, 1, count)
    assert [row[2] for row in found if row[3]] == [torn]
    assert [row[0] for row in found if row[3]] == [torn.split(",")[0].strip('"')]


@pytest.mark.parametrize("step", [1, 7])
def test_many_open_quotes_cost_their_own_lines_alone(read, step: int) -> None:
    lines = rows(FEW * 100)
    torn = {opened(lines, place) for place in range(0, len(lines), step)}
    parsed, found = read(text_of(lines))
    assert (parsed.rows, parsed.unreadable_rows) == (len(lines), len(torn))
    assert {row[2] for row in found if row[3]} == torn


@pytest.mark.parametrize("count", [FEW, LARGE])
def test_a_quote_that_another_rows_quote_closes_is_not_taken_for_one_value(read, count: int) -> None:
    lines = rows(count)
    opened(lines, 5)
    lines[10] = lines[10].replace(",2026", '",2026', 1)
    with pytest.raises(RefusedFileError) as refused:
        read(text_of(lines))
    assert refused.value.code == "quote_unclosed"
    assert "opens in line 7 and closes in line 12" in refused.value.reason
    assert "人" not in refused.value.reason and "B6" not in refused.value.reason


@pytest.mark.parametrize("count", [FEW, LARGE])
def test_a_value_over_several_lines_is_one_value(read, count: int) -> None:
    lines = rows(count)
    value = '人,"一"\n\n\r\n二'
    for place in (0, count // 2, count - 1):
        quoted = '"' + value.replace('"', '""') + '"'
        lines[place] = lines[place].replace(f"人{place + 1}", quoted, 1)
    opened(lines, 3)
    parsed, found = read(text_of(lines))
    assert (parsed.rows, parsed.unreadable_rows) == (count, 1)
    assert sum(row[1] == value for row in found) == 3


def test_a_long_value_over_blocks_is_one_value(read) -> None:
    lines = rows(FEW)
    value = "长,\n" * 150_000
    lines[3] = lines[3].replace("人4", f'"{value}"')
    parsed, found = read(text_of(lines))
    assert (parsed.rows, parsed.unreadable_rows) == (FEW, 0)
    assert [row[1] for row in found if row[0] == "B4"] == [value]


@pytest.mark.parametrize(("count", "place"), [(1, 0), (FEW, 0), (FEW, FEW - 1)])
def test_a_value_longer_than_a_line_may_be_is_torn_line_by_line(read, count: int, place: int) -> None:
    lines = rows(count)
    lines[place] = lines[place].replace(f"人{place + 1}", '"' + "长,\n" * 1_200 + '"')
    parsed, _ = read(text_of(lines), replace(LIMITS, line_bytes=4_096))
    assert (parsed.rows - parsed.unreadable_rows, parsed.unreadable_rows) == (count - 1, 1_201)


# Were each line read once for every quote open before it, this would take hours.
@pytest.mark.timeout(120)
@pytest.mark.parametrize(("last", "good"), [("", 0), ('人"\n', 1), ('人",1,2,3,4,5,6\n', 0)])
def test_lines_that_all_leave_a_quote_open_do_not_take_long(read, last: str, good: int) -> None:
    lines = ['人","注\n'] * 200_000
    parsed, _ = read(text_of([*lines, last]))
    # The one row takes five of the lines and the last.
    torn = len(lines) + bool(last) - good * len(HEADERS)
    assert (parsed.rows - parsed.unreadable_rows, parsed.unreadable_rows) == (good, torn)


def test_a_torn_line_is_kept_to_its_end(read) -> None:
    lines = rows(FEW)
    lines[3] = "B4," + "长" * 100_000 + "\n"
    _, found = read(text_of(lines))
    assert [row[2] for row in found if row[3]] == [lines[3].rstrip("\n")]


def test_quotes_within_a_value_and_line_ends_of_two_kinds_are_read_as_before(read) -> None:
    lines = rows(FEW)
    lines[2] = lines[2].replace("人3", '3"管"').replace("\n", "\r\n")
    lines[4] = lines[4].replace("人5", '  "人').replace("\n", ",,\n")
    lines[6] = lines[6].replace("人7", ' "人, 7" ')
    parsed, found = read(text_of(lines))
    assert (parsed.rows, parsed.unreadable_rows) == (FEW, 0)
    assert [found[place][1] for place in (2, 4, 6)] == ['3"管"', '  "人', "人, 7"]


@pytest.mark.parametrize("lost", [1, FEW])
def test_a_file_of_which_the_engine_reads_other_rows_than_were_counted_is_refused(
    read, monkeypatch, lost: int
) -> None:
    def sort(sorter: LineSorter, texts: Iterator[str]) -> None:
        counted(sorter, texts)
        sorter.path.write_text("".join(sorter.path.read_text().splitlines(keepends=True)[lost:]))

    counted = LineSorter.sort
    monkeypatch.setattr(LineSorter, "sort", sort)
    with pytest.raises(
        RefusedFileError, match=f"holds {FEW} rows, and {FEW - lost} could be read"
    ) as refused:
        read(text_of(rows(FEW)))
    assert refused.value.code == "file_unreadable"
