"""Line ends of every system are read; where they are mixed, no row hides in the header or in another row."""

from __future__ import annotations

import pytest

from pipelines.extract.files.job import RefusedFileError
from tests.dropped_files.conftest import rows, text_of

FEW = 30


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("count", [FEW, FEW * 1_000])
def test_excels_unicode_text_and_the_line_ends_of_old_macs_are_read(
    read, encoding: str, end: str, count: int
) -> None:
    parsed, found = read(text_of(rows(count), encoding, end))
    assert (parsed.rows, parsed.unreadable_rows, parsed.encoding) == (count, 0, encoding)
    assert len({row[0] for row in found}) == count


@pytest.mark.parametrize("count", [1, 2, FEW * 1_000])
@pytest.mark.parametrize("last", ["\n", "\r\n", "\n\n"])
def test_a_line_feed_at_the_end_alone_makes_no_row_part_of_the_header(read, count: int, last: str) -> None:
    parsed, found = read(text_of(rows(count), end="\r").removesuffix(b"\r") + last.encode())
    assert (parsed.rows, parsed.unreadable_rows, len(parsed.columns)) == (count, 0, 6)
    assert [row[0] for row in found] == [f"B{i}" for i in range(1, count + 1)]


def test_a_line_feed_within_a_value_ends_no_line_of_an_old_mac(read) -> None:
    content = text_of(rows(FEW), end="\r").replace("人2,".encode(), '"人\n2",'.encode())
    parsed, found = read(content)
    assert (parsed.rows, parsed.unreadable_rows) == (FEW, 0)
    assert found[1] == ("B2", "人\n2")


def test_a_carriage_return_within_quotes_of_a_header_is_part_of_it(read) -> None:
    header, rest = text_of(rows(FEW)).split(b"\n", 1)
    parsed, _ = read(header.replace("备注".encode(), '"备\r注"'.encode()) + b"\r\n" + rest)
    assert (parsed.rows, parsed.unreadable_rows, parsed.columns[5]) == (FEW, 0, "note")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("first", [1, 2, FEW // 2])
def test_rows_that_the_header_would_take_in_are_refused(read, first: int, encoding: str) -> None:
    lines = [line if place > first else line.replace("\n", "\r") for place, line in enumerate(rows(FEW), 1)]
    content = text_of(lines).replace(b"\n", b"\r", 1).decode().encode(encoding)
    with pytest.raises(RefusedFileError) as refused:
        read(content)
    assert refused.value.code == "header_not_found"
    assert "end in two ways" in refused.value.reason and "one kind of line end" in refused.value.reason
    assert "人" not in refused.value.reason and "B1" not in refused.value.reason


@pytest.mark.parametrize("count", [FEW, FEW * 1_000])
@pytest.mark.parametrize("hidden", [1, 3])
@pytest.mark.parametrize("opens", ["", '"'])
def test_rows_that_another_row_would_hide_are_refused(read, count: int, hidden: int, opens: str) -> None:
    lines = rows(count)
    for place in range(count // 2, count // 2 + hidden):
        lines[place] = lines[place].replace("\n", "\r").replace("注", f"{opens}注")
    with pytest.raises(RefusedFileError) as refused:
        read(text_of(lines))
    assert refused.value.code == "line_ends_mixed" and "end in two ways" in refused.value.reason
    assert "人" not in refused.value.reason and "B1" not in refused.value.reason


def test_a_carriage_return_within_a_row_costs_its_own_line_alone(read) -> None:
    lines = rows(FEW)
    lines[3] = lines[3].replace("人", "人\r")
    lines[5] = lines[5].replace("人6", '"人\r6"')
    parsed, found = read(text_of(lines))
    assert (parsed.rows, parsed.unreadable_rows) == (FEW, 1)
    assert [row[2] for row in found if row[3]] == [lines[3].rstrip("\n")]
    assert ("B6", "人\r6") in {row[:2] for row in found}
