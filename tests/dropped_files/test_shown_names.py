"""Names of files as lists and logs show them: no personal number, and no two files under one name."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator

import asyncssh
import pytest

from pipelines.extract.files.names import readable_name, shown_names
from pipelines.installation.state import connect_state
from pipelines.operations.source_status import received_files
from pipelines.reasons import usable_reason, without_numbers
from tests.dropped_files.test_drop_folder import drop_as
from tests.dropped_files.test_pull_files import files
from tests.dropped_files.test_unrecognised_files import unrecognised
from tests.support.drops import SYSTEM, benefits, text_file

SAME_NAME = "benefit_202605_低保.csv"


@pytest.mark.parametrize(
    "number",
    [
        "34049019900307123X", "340490199003071235", "340490900307123", "13955123456", "8613955123456",
        "20260531340490199003071235", "34049019900307123X20260531", "2026053113955123456",
        "３４０４９０１９９００３０７１２３Ｘ", "34049019900307123ｘ", "１３９５５１２３４５６",
        "①③⑨⑤⑤①②③④⑤⑥",
        "138-0013-8000", "138 0013 8000", "138_0013_8000", "138.0013.8000", "138－0013－8000",
        "138 - 0013 - 8000",
        "138-00138000", "1380013-8000", "20260531138-0013-8000",
        "340490-19900307-1234", "340490 19900307 123X", "340490_19900307_123x", "340490.19900307.1234",
        "340490 - 19900307 - 1234", "340490-1990-03-07-1234", "34049019900307-1234", "340490-199003071234",
        "20260531340490-19900307-1234", "３４０４９０－１９９００３０７－１２３Ｘ", "340490-20210307-1232",
        "139551234567", "013955123456", "86139551234567", "08613955123456", "139-5512-34567",
        "139-551234567", "0139-5512-3456", "0139-55123456", "01395512-3456",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "名单_{}.csv", "名单（{}）"])
def test_no_personal_number_is_shown_or_stored_in_a_reason(number: str, around: str) -> None:
    shown = without_numbers(around.format(number))
    assert "…" in shown and re.search(r"\d", shown.removesuffix("20260531…").replace("20260531", "")) is None
    assert without_numbers(shown) == shown
    with pytest.raises(ValueError, match="identity or telephone number"):
        usable_reason(around.format(number))


@pytest.mark.parametrize(
    "name",
    [
        "benefit_202605_a.csv", "benefit_20260531120000.csv", "benefit_2026-05-31_12-00-00.csv",
        "benefit_340402001001_20260531.csv", "救助发放 1　甲（３４０４０２）.xlsx", "1234567890.csv",
        "138-0013.csv", "20260630", "2026-06-30", "2026-06-30_0001", "340402_20260531_0001.csv",
        "340402-2026-05-31-0001.csv", "340402_20260531_1200_2.csv", "0139_20260531.csv", "20260630-1234",
        "202605311200.csv", "1780000000000", "340402 20190531 120000",
    ],
)  # fmt: skip
def test_other_digits_are_shown_unchanged(name: str) -> None:
    assert without_numbers(name) == name == usable_reason(name)


def test_names_that_differ_in_their_numbers_alone_are_shown_apart_and_always_alike() -> None:
    names = [f"名单_{13955123000 + i}.csv" for i in range(300)] + ["名单_….csv"]
    shown = shown_names(names)
    assert len(set(shown.values())) == len(names) == len(shown)
    assert shown == shown_names(reversed(names))
    assert all(re.fullmatch(r"名单_…\.csv(?: \([a-p]{2,6}\))?", one) for one in shown.values())
    assert [without_numbers(one) for one in shown.values()] == list(shown.values())


@pytest.mark.parametrize("path", ["13955123456", "111", os.fsdecode("低保".encode("gbk"))])
def test_what_tells_a_name_from_another_is_no_number(path: str) -> None:
    name = readable_name(path)
    other = readable_name(path, {name})
    assert re.fullmatch(r" \([a-p]{2}\)", other.removeprefix(name))
    assert other == readable_name(path, {name}) != readable_name(path, {name, other})


def test_files_that_fit_no_table_are_listed_one_by_one(settings, exchange, pull) -> None:
    for name in ("名单_13955123456.csv", "名单_13955123457.csv", "名单_….csv"):
        exchange.drop(name, "x", checksum=None)
    pull()
    found = set(unrecognised(settings))
    assert len(found) == 3 and "名单_….csv" in found
    assert not any("13955" in name for name in found)
    pull()
    assert set(unrecognised(settings)) == found


def test_a_received_file_is_listed_without_the_numbers_in_its_name_and_in_anothers(
    settings, exchange, pull
) -> None:
    for number in (13955123456, 13955123457):
        exchange.drop(f"benefit_202605_{number}.csv", text_file(benefits(1, 2)))
    pull()
    rows = received_files(settings, SYSTEM)
    assert {row["status"] for row in rows} == {"landed", "duplicate"}
    assert len({row["file"] for row in rows}) == 2
    with connect_state(settings) as state:
        stored = state.execute("select string_agg(reason, '') from ops.files").fetchone()[0]
        state.execute("update ops.files set reason = 'that of benefit_202605_13955123456.csv'")
    assert stored == "its content is that of 'benefit_202605_….csv', which has landed"
    assert "13955" not in str(rows) and "13955" not in str(received_files(settings, SYSTEM))


def test_of_two_files_of_one_name_each_keeps_its_own_in_whatever_order_they_are_listed(
    settings, exchange, pull, monkeypatch
) -> None:
    async def reversed_scandir(client: asyncssh.SFTPClient, path: str) -> AsyncIterator[asyncssh.SFTPName]:
        for entry in reversed([entry async for entry in scandir(client, path)]):
            yield entry

    exchange.drop(SAME_NAME, text_file(benefits(1, 2)))
    drop_as(exchange, SAME_NAME.encode("gbk"), text_file(benefits(3, 5)))
    assert pull().rows_landed == 2
    before = files(settings), unrecognised(settings)
    assert len(before[1]) == 2
    scandir = asyncssh.SFTPClient.scandir
    monkeypatch.setattr(asyncssh.SFTPClient, "scandir", reversed_scandir)
    assert pull().status == "unchanged"
    assert (files(settings), unrecognised(settings)) == before
