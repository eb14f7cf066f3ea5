"""A file whose name fits no table is listed with the names expected, and counted among the problems."""

from __future__ import annotations

from pipelines.operations.source_status import received_files, source_status
from pipelines.operations.status import platform_status
from tests.support.drops import SYSTEM, benefits, text_file

MISNAMED = (
    "benefit_202605_a.CSV", "BENEFIT_202605_a.csv", "救助发放_202605.csv", "benefit_202613_a.csv",
    "benefit_202605_a.csv.gz",
)  # fmt: skip


def unrecognised(settings) -> dict[str, str]:
    rows = received_files(settings, SYSTEM)
    return {row["file"]: row["reason"] for row in rows if row["status"] == "unrecognised"}


def test_files_that_no_table_reads_are_listed_and_counted_until_they_are_gone(
    settings, exchange, pull, caplog
) -> None:
    exchange.drop("benefit_202604_a.csv", text_file(benefits(1, 2)))
    exchange.drop("benefit_202605_b.csv.part", text_file(benefits(1, 2)))
    paths = [exchange.drop(name, "x") for name in MISNAMED]
    paths.append(exchange.drop("\x1b[31m名单\n340490199003071235_13955123456.csv", "x", checksum=None))
    assert pull().rows_landed == 2
    found = unrecognised(settings)
    assert set(found) == {*MISNAMED, r"\x1b[31m名单\n…_….csv"}
    assert set(found.values()) == {
        "its name fits no table; expected is benefit_{period}_*.csv, with a period that exists"
    }
    (source,) = source_status(settings)
    assert source["problems"] == "6 files whose names fit no table"
    problem = {row["where"]: row["what"] for row in platform_status(settings)["problems"]}
    assert problem[SYSTEM] == "dropped files: 6 unrecognised"
    assert "13955123456" not in caplog.text
    for path in paths:
        path.unlink()
    pull()
    assert unrecognised(settings) == {} and source_status(settings)[0]["problems"] == ""


def test_no_log_repeats_a_personal_number_of_a_name(settings, exchange, pull, caplog) -> None:
    exchange.drop("benefit_202605_13955123456.csv", "x")
    outcome = pull()
    assert "refused: 'benefit_202605_….csv'" in outcome.message
    assert "13955123456" not in outcome.message + caplog.text + source_status(settings)[0]["problems"]
