"""Files over a real SSH server: what lands, what waits, what is refused, and that nothing comes twice."""

from __future__ import annotations

import io
import json
from datetime import date

import asyncssh
import duckdb
import pytest
import xlsxwriter

from pipelines.contracts import load_contracts
from pipelines.extract.errors import SourceRefusedError
from pipelines.installation.engine import install_extensions
from pipelines.installation.state import connect_state
from pipelines.lake.connection import reader
from pipelines.lake.register import register_batches
from pipelines.land import dropped_files
from pipelines.pull import pull_system
from tests.support.drops import HEADERS, SYSTEM, TABLE, benefits, drops_document, text_file
from tests.support.registry import column, write_contract

MAY = "benefit_202605_a.csv"


def files(settings, columns: str = "file_name, status, reason_code") -> list[tuple]:
    with connect_state(settings) as state:
        return state.execute(f"select {columns} from ops.files order by file_name, received_at").fetchall()


def batches(settings, columns: str) -> list[tuple]:
    with connect_state(settings) as state:
        return state.execute(f"select {columns} from ops.batches order by sequence").fetchall()


def landed(settings) -> list[tuple]:
    folder = settings.landing / SYSTEM / TABLE
    return duckdb.sql(f"select * exclude (_landed_at) from '{folder}/*.parquet' order by all").fetchall()


def test_a_new_file_is_one_batch_and_the_same_file_again_is_nothing(settings, exchange, pull) -> None:
    exchange.drop(MAY, text_file(benefits(1, 5)))
    first, second = pull(), pull()
    assert (first.status, first.rows_landed, second.status, second.rows_read) == ("landed", 5, "unchanged", 0)
    assert files(settings) == [(MAY, "landed", None)]
    assert batches(settings, "batch_id, content, period, sequence") == [
        ("registry-benefit-202605", "period", "202605", 202605010001)
    ]


def test_a_file_sent_anew_lands_under_a_contract_with_one_more_column(settings, exchange, pull) -> None:
    exchange.drop(MAY, text_file(benefits(1, 2)))
    pull()
    document = drops_document()
    document["schema"][0]["properties"].append(column("clerk"))
    write_contract(settings, document)
    rows = [(*row, "经办") for row in benefits(1, 3)]
    exchange.drop(MAY, text_file(rows, (*HEADERS, "clerk")), modified="2026-06-02T20:00:00+08:00")
    outcome = pull()
    assert outcome.rows_landed == 3 and "New in the contract: clerk" in outcome.message
    assert batches(settings, "difference")[-1] == ({"added": 1, "changed": 2, "removed": 0},)


def test_a_header_may_be_the_sources_own_name_for_the_column(settings, exchange, pull) -> None:
    document = drops_document()
    document["schema"][0]["properties"][1]["physicalName"] = "HZXM"
    write_contract(settings, document)
    exchange.drop(MAY, text_file(benefits(1, 2), (HEADERS[0], "HZXM", *HEADERS[2:])))
    outcome = pull()
    assert (outcome.rows_landed, outcome.message) == (2, "")
    assert {row[1] for row in landed(settings)} == {"人1", "人2"}


def test_the_same_content_under_another_name_is_noted_and_not_landed(settings, exchange, pull) -> None:
    exchange.drop(MAY, text_file(benefits(1, 5)))
    exchange.drop("benefit_202605_b.csv", text_file(benefits(1, 5)), modified="2026-06-03T08:00:00+08:00")
    assert pull().rows_landed == 5
    assert files(settings)[1] == ("benefit_202605_b.csv", "duplicate", "file_duplicate")
    assert pull().status == "unchanged" and len(landed(settings)) == 5


CONTENT_AND_NAMES = [
    ("full", "", ("benefit_20260501_a.csv", "benefit_20260502_a.csv", "benefit_20260503_a.csv")),
    ("full", "", ("benefit_20260501_a.csv", "benefit_20260501_b.csv", "benefit_20260501_c.csv")),
    ("full", "", (MAY, MAY, MAY)),
    ("full", "benefit_*.csv", ("benefit_a.csv", "benefit_b.csv", "benefit_c.csv")),
    ("period", "", ("benefit_202605_a.csv", "benefit_202605_b.csv", "benefit_202605_c.csv")),
    ("period", "", (MAY, MAY, MAY)),
    ("delta", "", ("benefit_20260501_a.csv", "benefit_20260502_a.csv", "benefit_20260503_a.csv")),
    ("delta", "benefit_*.csv", ("benefit_a.csv", "benefit_b.csv", "benefit_c.csv")),
]


@pytest.mark.parametrize(("content", "pattern", "names"), CONTENT_AND_NAMES)
def test_content_that_was_replaced_lands_again_when_it_returns(
    settings, exchange, pull, content: str, pattern: str, names: tuple[str, ...]
) -> None:
    document = drops_document(content=content)
    if pattern:
        document["schema"][0]["customProperties"][0]["value"]["pattern"] = pattern
    write_contract(settings, document)
    first, second = (text_file([("B1", name, "2026-05", "1", "", "")]) for name in ("一", "二"))
    for hour, (name, rows) in enumerate(zip(names, (first, second, first), strict=True), 8):
        exchange.drop(name, rows, modified=f"2026-06-03T{hour:02}:00:00+08:00")
        assert pull().rows_landed == 1
    assert len(batches(settings, "batch_id")) == 3
    exchange.drop("benefit_20260503_z.csv", first, modified="2026-06-03T11:00:00+08:00")
    assert pull().rows_landed == 0
    again = pull(period=(date(2026, 5, 1), date(2026, 6, 30)))
    assert (again.rows_landed, len(batches(settings, "batch_id"))) == (0, 3)


def test_a_part_of_a_periods_changes_sent_twice_is_a_duplicate(settings, exchange, pull) -> None:
    write_contract(settings, drops_document(content="delta"))
    for hour, (part, number) in enumerate((("a", 1), ("b", 2), ("c", 1)), 8):
        name = f"benefit_20260501_{part}.csv"
        exchange.drop(name, text_file(benefits(number, number)), modified=f"2026-05-01T{hour:02}:00:00+08:00")
        pull()
    assert [status for _, status, _ in files(settings)] == ["landed", "landed", "duplicate"]


def test_a_file_of_another_month_with_the_same_content_is_not_taken(settings, exchange, pull) -> None:
    exchange.drop(MAY, text_file(benefits(1, 5)))
    exchange.drop("benefit_202606_a.csv", text_file(benefits(1, 5)), modified="2026-07-01T08:00:00+08:00")
    assert pull().rows_landed == 5
    assert files(settings)[1] == ("benefit_202606_a.csv", "duplicate", "file_duplicate")


def test_other_content_for_the_same_month_is_a_version_with_its_difference(settings, exchange, pull) -> None:
    exchange.drop(MAY, text_file(benefits(1, 5)))
    pull()
    restated = [*benefits(2, 5)[:-1], ("B5", "人5", "2026-05", "1", "", ""), *benefits(6, 7)]
    exchange.drop("benefit_202605_b.csv", text_file(restated), modified="2026-06-09T08:00:00+08:00")
    assert pull().batch_id == "registry-benefit-202605-v2"
    assert batches(settings, "sequence, difference") == [
        (202605010001, None),
        (202605010002, {"added": 2, "changed": 1, "removed": 1}),
    ]


def test_half_a_file_waits_until_the_whole_one_is_there(settings, exchange, pull) -> None:
    whole = text_file(benefits(1, 50))
    exchange.drop(MAY, whole)
    (exchange.folder / MAY).write_bytes(whole[:700])
    outcome = pull()
    assert (outcome.status, outcome.rows_read) == ("unchanged", 0)
    assert MAY in outcome.message and "checksum" in outcome.message
    exchange.drop(MAY, whole)
    assert pull().rows_landed == 50
    assert pull().message == ""
    with connect_state(settings) as state:
        open_ones = "select count(*) from ops.files where status = 'incomplete' and closed_at is null"
        assert state.execute(open_ones).fetchone() == (0,)


def test_a_file_without_its_checksum_and_one_being_uploaded_wait(settings, exchange, pull) -> None:
    exchange.drop(MAY, text_file(benefits(1, 5)), checksum=None)
    exchange.drop("benefit_202604_a.csv.part", text_file(benefits(1, 5)))
    assert pull().rows_read == 0
    assert files(settings) == [(MAY, "incomplete", "file_incomplete")]
    exchange.drop(MAY, text_file(benefits(1, 5)))
    assert pull().rows_landed == 5


@pytest.mark.parametrize(
    ("headers", "hidden", "reason"),
    [
        (HEADERS, False, "1 more visible sheets have the table's headers and rows"),
        (HEADERS, True, None),
        (HEADERS[:3], False, None),
        (("x",) * 1_001, False, None),
    ],
)
def test_a_sheet_that_looks_the_same_is_not_passed_over_silently(
    settings, exchange, pull, headers, hidden: bool, reason: str | None
) -> None:
    write_contract(settings, drops_document("excel"))
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        for name, first, titles in (("田家庵区", 1, HEADERS), ("大通区", 11, headers)):
            page = book.add_worksheet(name)
            for place, row in enumerate([titles, *benefits(first, first + 2)]):
                page.write_row(place, 0, row)
        if hidden:
            book.get_worksheet_by_name("大通区").hide()
    exchange.drop("benefit_202605_a.xlsx", held.getvalue())
    assert pull().rows_landed == 3
    ((found,),) = files(settings, "findings")
    assert [(one["finding"], one["reason"]) for one in found] == (
        [("sheets_left_out", reason)] if reason else []
    )


def test_a_late_file_lands_and_its_owner_hears_of_it(settings, exchange, pull) -> None:
    exchange.drop("benefit_202604_a.csv", text_file(benefits(1, 2, "2026-04")))
    exchange.drop(MAY, text_file(benefits(3, 5)))
    assert pull().rows_landed == 5
    found = [
        (name, [entry["finding"] for entry in entries])
        for name, entries in files(settings, "file_name, findings")
    ]
    assert found == [("benefit_202604_a.csv", ["file_late"]), (MAY, [])]


def test_a_late_file_of_an_earlier_month_does_not_overrule_a_newer_one(settings, exchange, pull) -> None:
    exchange.drop(MAY, text_file(benefits(1, 2)))
    pull()
    exchange.drop("benefit_202604_a.csv", text_file(benefits(3, 5, "2026-04")))
    pull()
    assert batches(settings, "period") == [("202604",), ("202605",)]


def test_changes_of_one_day_are_each_a_batch_in_their_order(settings, exchange, pull) -> None:
    document = drops_document(content="delta")
    write_contract(settings, document)
    exchange.drop("benefit_20260501_b.csv", text_file(benefits(1, 2)), modified="2026-05-01T08:00:00+08:00")
    exchange.drop("benefit_20260501_a.csv", text_file(benefits(2, 3)), modified="2026-05-01T09:00:00+08:00")
    assert pull().rows_landed == 4
    assert batches(settings, "content, sequence, version") == [
        ("delta", 202605010001, 1), ("delta", 202605010002, 1),
    ]  # fmt: skip


def test_a_period_read_again_overlaps_without_harm(settings, exchange, pull) -> None:
    exchange.drop("benefit_202604_a.csv", text_file(benefits(1, 2, "2026-04")))
    exchange.drop(MAY, text_file(benefits(3, 5)))
    pull()
    again = pull(period=(date(2026, 5, 15), date(2026, 5, 20)))
    assert (again.status, again.rows_repeated) == ("unchanged", 3)
    assert len(batches(settings, "batch_id")) == 2


def test_the_lake_knows_content_period_and_sequence(settings, exchange, pull) -> None:
    exchange.drop(MAY, text_file(benefits(1, 5)))
    pull()
    install_extensions(settings)
    register_batches(settings)
    with reader(settings) as lake:
        rows = lake.execute("select content, period, sequence from landing.batches").fetchall()
    assert rows == [("period", "202605", 202605010001)]


def test_ragged_rows_are_quarantined_as_they_came_and_counted(settings, exchange, pull) -> None:
    content = text_file(benefits(1, 3)) + "B4,人4\nB5,人5,2026-05,1,2,3,4,5\n".encode()
    exchange.drop(MAY, content)
    outcome = pull()
    assert (outcome.rows_read, outcome.rows_landed, outcome.rows_quarantined) == (5, 3, 2)
    folder = settings.home / "quarantine" / SYSTEM / TABLE
    columns = "source_record_id, rule_code, raw_row"
    rows = duckdb.sql(f"select {columns} from '{folder}/*.parquet' order by all").fetchall()
    assert rows == [("B4", "row_malformed", "B4,人4"), ("B5", "row_malformed", "B5,人5,2026-05,1,2,3,4,5")]


@pytest.mark.parametrize(("content", "is_told"), [("full", True), ("period", True), ("delta", False)])
def test_of_a_whole_most_of_which_is_in_quarantine_it_is_told_that_it_deletes_nothing(
    settings, exchange, pull, content: str, is_told: bool
) -> None:
    write_contract(settings, drops_document(content=content))
    rows = [*benefits(1, 2), *[("3.40402E+19", *row[1:]) for row in benefits(3, 5)]]
    exchange.drop(MAY, text_file(rows))
    outcome = pull()
    assert (outcome.rows_landed, outcome.rows_quarantined) == (2, 3)
    assert ("no record is taken for gone" in outcome.message) == is_told


def test_columns_are_found_by_their_headers_wherever_they_stand(settings, exchange, pull) -> None:
    exchange.drop(MAY, text_file(benefits(1, 2)))
    moved = [(row[5], row[3], row[0], row[1], row[4], row[2]) for row in benefits(3, 4, "2026-04")]
    headers = ("备 注", "发放金额", "编号", "户主信息／姓名", "批准日期", "月份")
    exchange.drop("benefit_202604_a.csv", text_file(moved, headers))
    pull()
    wanted = [(*row[:3], row[3], row[4], None) for row in [*benefits(1, 2), *benefits(3, 4, "2026-04")]]
    assert [(*row[:3], str(row[3]).rstrip("0"), *row[4:6]) for row in landed(settings)] == wanted


@pytest.mark.parametrize(
    ("policy", "status"), [("freeze", "refused"), ("quarantine", "landed"), ("evolve", "landed")]
)
def test_the_contract_decides_about_a_new_column_and_the_owner_sees_it(
    settings, exchange, pull, policy: str, status: str
) -> None:
    document = drops_document()
    document["customProperties"][1]["value"] |= {"columns": policy}
    write_contract(settings, document)
    rows = [(*row, "新") for row in benefits(1, 2)]
    exchange.drop(MAY, text_file(rows, (*HEADERS, "填报人")))
    pull()
    assert files(settings, "status") == [(status,)]
    with connect_state(settings) as state:
        drift = state.execute("select column_name, kind, policy, owner from ops.drift").fetchall()
        extra = state.execute("select extra_columns from ops.batches").fetchall()
    assert drift == [("填报人", "new", policy, "test_department")]
    assert extra == {"freeze": [], "quarantine": [([],)], "evolve": [(["填报人"],)]}[policy]


def test_a_refused_file_is_read_once_and_again_when_the_contract_has_changed(
    settings, exchange, pull
) -> None:
    headers = ("编号", "户主信息/姓名", "月份", "补助额", "批准日期", "备注")
    document = drops_document()
    document["schema"][0]["properties"][3]["required"] = True
    write_contract(settings, document)
    exchange.drop(MAY, text_file(benefits(1, 2), headers))
    assert "补助额" in pull().message
    assert pull().message == ""
    aliases = document["schema"][0]["properties"][3]["customProperties"][0]["value"]
    aliases.append("补助额")
    write_contract(settings, document)
    assert pull().rows_landed == 2


def test_a_changed_encoding_is_read_and_told_or_refused_when_types_are_frozen(
    settings, exchange, pull
) -> None:
    exchange.drop(MAY, text_file(benefits(1, 2), encoding="gb18030"))
    assert pull().rows_landed == 2
    with connect_state(settings) as state:
        assert state.execute("select difference from ops.drift").fetchall() == [
            ("encoding utf-8 became gb18030",)
        ]
    document = drops_document()
    document["customProperties"][1]["value"] |= {"types": "freeze"}
    write_contract(settings, document)
    exchange.drop("benefit_202604_a.csv", text_file(benefits(1, 2, "2026-04"), encoding="gb18030"))
    assert "encoding" in pull().message


def _endpoint(settings) -> tuple:
    path = settings.secrets / "sources" / f"{SYSTEM}.json"
    return path, json.loads(path.read_text())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "wrong"}, "does not let 'drop_registry' in"),
        ({"host_key": None}, "No host key is known"),
        (
            {"host_key": asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()},
            "another host key",
        ),
    ],
)
def test_a_stranger_gets_nothing_and_we_get_in_with_the_right_key_only(
    settings, exchange, pull, change: dict, words: str
) -> None:
    exchange.drop(MAY, text_file(benefits(1, 2)))
    path, endpoint = _endpoint(settings)
    path.write_text(json.dumps(endpoint | change))
    outcome = pull()
    assert (outcome.status, outcome.error_type) == ("failed", SourceRefusedError.__name__)
    assert words in outcome.message and endpoint["password"] not in outcome.message
    path.write_text(json.dumps(endpoint))
    assert pull().rows_landed == 2


@pytest.mark.usefixtures("exchange")
def test_a_server_that_is_gone_fails_the_table_in_words(settings, pull) -> None:
    path, endpoint = _endpoint(settings)
    path.write_text(json.dumps(endpoint | {"url": "sftp://127.0.0.1:1"}))
    assert "does not answer" in pull().message


def test_a_kill_between_batch_and_manifest_lands_nothing_twice(settings, exchange, monkeypatch) -> None:
    exchange.drop(MAY, text_file(benefits(1, 5)))
    load_contracts.cache_clear()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(dropped_files.FileManifest, "note", killed)
        with pytest.raises(KeyboardInterrupt):
            pull_system(settings, SYSTEM)
    pull_system(settings, SYSTEM)
    assert files(settings) == [(MAY, "landed", None)]
    assert len(batches(settings, "batch_id")) == 1 and len(landed(settings)) == 5


def test_a_whole_month_without_rows_is_refused_because_it_would_delete_everything(
    settings, exchange, pull
) -> None:
    exchange.drop(MAY, text_file(benefits(1, 2)))
    pull()
    exchange.drop("benefit_202605_b.csv", text_file([]))
    assert "delete everything" in pull().message
    assert len(batches(settings, "batch_id")) == 1
