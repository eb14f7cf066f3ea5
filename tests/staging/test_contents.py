"""What a batch holds decides what absence means; increments and a full refresh agree on it.

One history in five rounds for tables of every content: a dbt run costs seconds, a round of it little more.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.registry import column, contract_document
from tests.support.small_lake import add_contract, contents, create_tables, hold_back, land, stage

Versions = dict[str, list[dict[str, Any]]]
Round = dict[str, dict[str, tuple[Any, ...]]]


def _table(name: str, properties: list[dict[str, Any]], **extra: Any) -> dict[str, Any]:
    return {
        "name": name, "logicalType": "object", "businessName": name, "properties": properties,
        "customProperties": [{"property": key, "value": value} for key, value in extra.items()],
    }  # fmt: skip


def _databases() -> dict[str, Any]:
    key = {"primaryKey": True, "primaryKeyPosition": 1, "required": True}
    two = [column("number", **key), column("name")]
    when = column("changed_at", "timestamp", "timestamptz", required=True)
    gone = column("gone", "boolean", "boolean", required=True)
    changes = {"mode": "incremental", "cursor": "changed_at", "deleted_flag": "gone"}
    return contract_document() | {
        "schema": [
            _table("member", two, ingest={"mode": "full"}, history=True),
            _table("marked", [*two, gone], ingest={"mode": "full", "deleted_flag": "gone"}),
            _table("visit", [*two, when, gone], ingest=changes, staging={"order_by": "changed_at"},
                   history=True),
            _table("ahead", [*two, when, gone], ingest=changes, staging={"order_by": "changed_at"},
                   history=True),
        ]
    }  # fmt: skip


def _files() -> dict[str, Any]:
    month = column("month", primaryKey=True, primaryKeyPosition=2, required=True)
    number = column("number", primaryKey=True, primaryKeyPosition=1, required=True)
    files = {"mode": "files", "format": "csv", "pattern": "roll_{period}_*.csv", "content": "period"}
    whole = files | {"pattern": "house_{period}_*.csv", "content": "full"}
    moves = files | {"pattern": "move_{period}_*.csv", "content": "delta"}
    house = [number, column("name")]
    server = {"server": "test", "type": "sftp", "location": "sftp://127.0.0.1/outgoing", "format": "csv",
              "customProperties": [{"property": "sftp", "value": {"folder": "/outgoing"}}]}  # fmt: skip
    system = [{"property": "system", "value": "drops"}, contract_document()["customProperties"][1]]
    return contract_document() | {
        "servers": [server],
        "customProperties": system,
        "schema": [
            _table("roll", [number, month, column("name")], plural="rolls_of_months", ingest=files),
            _table("house", house, ingest=whole, history=True),
            _table("move", house, ingest=moves),
        ],
    }


@pytest.fixture(scope="module")
def lived(settings) -> tuple[list[Round], list[Versions]]:
    """What was staged after each of five rounds, then after a run without news, then after a full refresh."""
    registry, drops = add_contract(settings, _databases()), add_contract(settings, _files())
    create_tables(settings)

    def members(number: int, **names: str) -> str:
        rows = [{"number": key, "name": name} for key, name in names.items()]
        return land(settings, registry, "member", rows, number)

    def marked(number: int, **gone: bool) -> None:
        rows = [{"number": key, "name": key, "gone": value} for key, value in gone.items()]
        land(settings, registry, "marked", rows, number)

    def visit(number: int, *versions: tuple[int, str, bool], key: str = "A") -> None:
        rows = [
            {"number": key, "name": name, "changed_at": f"2026-06-{day:02} 08:00:00+08", "gone": gone}
            for day, name, gone in versions
        ]
        land(settings, registry, "visit", rows, number)

    def ahead(number: int, name: str, changed_at: str, *, gone: bool = False) -> None:
        rows = [{"number": "A", "name": name, "changed_at": f"{changed_at} 08:00:00+08", "gone": gone}]
        land(settings, registry, "ahead", rows, number)

    def roll(number: int, month: str | None, numbers: str, **more: Any) -> str:
        rows = [{"number": key, "month": month or "2026-05", "name": key} for key in numbers]
        return land(settings, drops, "roll", rows, number, period=month, sequence=number, **more)

    def houses(number: int, day: int, quarantined: int = 0, **names: str) -> None:
        rows = [{"number": key, "name": name} for key, name in names.items()]
        land(settings, drops, "house", rows, number, period=f"202606{day:02}", sequence=day,
             rows_quarantined=quarantined)  # fmt: skip

    def moved(number: int, *names: tuple[str, str]) -> None:
        land(settings, drops, "move", [{"number": key, "name": name} for key, name in names], number,
             sequence=number, content="delta")  # fmt: skip

    rounds: list[Round] = []
    histories: list[Versions] = []

    def end_of_round(*options: str) -> None:
        stage(settings, *options)
        found = contents(settings)
        histories.append({model: rows for model, rows in found.items() if model.endswith("_versions")})
        rounds.append({
            model: {row["_source_record_id"]: row for row in rows}
            for model, rows in found.items()
            if model not in histories[-1]
        })  # fmt: skip

    members(1, A="甲", B="乙")
    marked(1, A=True, B=False)
    visit(1, (1, "一", False), (3, "三", False))
    roll(1, "2026-05", "AB")
    houses(1, 1, A="甲", B="乙")
    ahead(1, "二〇九九", "2099-01-01")
    moved(1, ("A", "甲"), ("A", "甲改"), ("B", "乙"), ("B", "乙"), ("C", "丙"), ("D", "丁"), ("D", "丁改"))
    visit(9, (5, "五", False), (5, "伍", False), key="T")
    end_of_round()
    members(2, A="甲改")
    marked(2, C=False)
    visit(2, (2, "二", False))
    roll(2, "2026-06", "AB")
    roll(3, "2026-05", "A")
    houses(2, 3, B="乙")
    ahead(3, "更正", "2026-06-05")
    moved(2, ("D", "丁"))
    end_of_round()
    members(4, B="乙")
    visit(3, (3, "三改", True))
    roll(4, "2026-05", "B", content="delta")
    roll(5, None, "C", content="delta")
    ahead(4, "更正", "2026-06-06", gone=True)
    houses(3, 2, A="甲旧", B="乙旧", C="丙")
    end_of_round()
    # Registered late: an older batch does not bring back what a newer one no longer has.
    members(3, A="甲旧", C="丙")
    houses(4, 4, A="甲")
    end_of_round()
    hold_back(settings, registry, "member", "B", members(5, A="甲", Z="子"))
    land(settings, registry, "member", [{"number": "Y", "name": name} for name in ("丑", "寅")], 6)
    hold_back(settings, registry, "member", "B", "registry-member-6")
    houses(5, 5, quarantined=2, E="戊")
    end_of_round()
    end_of_round()
    end_of_round("--full-refresh")
    return rounds, histories


@pytest.fixture(scope="module")
def history(lived) -> list[Round]:
    return lived[0]


@pytest.fixture(scope="module")
def versions(lived) -> list[Versions]:
    return lived[1]


def _seen(rounds: list[Round], model: str, *columns: str) -> list[dict[str, tuple[Any, ...]]]:
    return [
        {key: tuple(row[name] for name in columns) for key, row in staged[model].items()}
        for staged in rounds[:5]
    ]


def test_a_record_missing_from_the_newest_whole_is_deleted_and_may_come_back(history) -> None:
    seen = _seen(history, "stg_registry__members", "name", "is_deleted")
    assert seen[0] == {"A": ("甲", False), "B": ("乙", False)}
    assert seen[1] == {"A": ("甲改", False), "B": ("乙", True)}
    assert seen[2] == {"A": ("甲改", True), "B": ("乙", False)}
    assert seen[3] == {"A": ("甲旧", True), "B": ("乙", False), "C": ("丙", True)}


def test_a_record_that_waits_in_quarantine_is_not_deleted(history) -> None:
    last = _seen(history, "stg_registry__members", "is_deleted")[4]
    assert last["A"] == (True,) and last["Z"] == (True,)
    assert last["B"] == (False,)


def test_the_mark_of_deletion_counts_beside_absence(history) -> None:
    seen = _seen(history, "stg_registry__markeds", "is_deleted")
    assert seen[0] == {"A": (True,), "B": (False,)}
    assert seen[1] == {"A": (True,), "B": (True,), "C": (False,)}


def test_a_restated_period_replaces_that_period_alone_and_released_rows_join_it(history) -> None:
    seen = _seen(history, "stg_drops__rolls_of_months", "is_deleted")
    assert seen[1] == {
        "A|2026-05": (False,), "B|2026-05": (True,), "A|2026-06": (False,), "B|2026-06": (False,),
    }  # fmt: skip
    assert seen[2]["B|2026-05"] == (False,)
    assert seen[2]["C|2026-05"] == (False,)


def test_a_whole_file_replaces_the_whole_files_of_earlier_periods(history) -> None:
    seen = _seen(history, "stg_drops__houses", "name", "is_deleted")
    assert seen[0] == {"A": ("甲", False), "B": ("乙", False)}
    assert seen[1] == {"A": ("甲", True), "B": ("乙", False)}
    assert seen[3] == {"A": ("甲", False), "B": ("乙", True), "C": ("丙", True)}


def test_a_whole_file_most_of_which_is_in_quarantine_deletes_nobody(history) -> None:
    last = _seen(history, "stg_drops__houses", "name", "is_deleted")[4]
    assert last == {"A": ("甲", False), "B": ("乙", True), "C": ("丙", True), "E": ("戊", False)}


def test_an_earlier_periods_whole_file_that_comes_late_overrules_nothing(history, versions) -> None:
    seen = _seen(history, "stg_drops__houses", "name", "is_deleted")
    assert seen[2] == {"A": ("甲旧", True), "B": ("乙", False), "C": ("丙", True)}
    lives = [_lives(versions[4], "stg_drops__house_versions", record) for record in "ABC"]
    assert lives == [[("甲", 2, 3, 3), ("甲", 5, None, None)], [("乙", 2, 5, 5)], []]


def test_changes_keep_the_newest_version_whatever_the_order_of_batches(history) -> None:
    seen = _seen(history, "stg_registry__visits", "name", "is_deleted")
    assert [staged["A"] for staged in seen[:3]] == [("三", False), ("三", False), ("三改", True)]


def test_a_record_twice_in_one_whole_is_counted(history) -> None:
    last = _seen(history, "stg_registry__members", "_findings")[4]
    assert last["Y"] == (["record|record_repeated|repaired|staging.record_repeated"],)


def test_versions_of_one_batch_that_nothing_puts_in_order_are_flagged(history) -> None:
    tie = ["record|record_repeated|flagged|staging.record_repeated"]
    seen = _seen(history, "stg_drops__moves", "_findings")
    assert seen[0] == {"A": (tie,), "B": ([],), "C": ([],), "D": (tie,)}
    assert seen[1]["D"] == ([],)
    visits = _seen(history, "stg_registry__visits", "_findings")[0]
    assert visits == {"A": ([],), "T": (tie,)}


def test_a_time_in_the_future_does_not_outlast_what_comes_later(history, versions) -> None:
    finding = ["changed_at|time_in_future|repaired|staging.time_in_future"]
    seen = _seen(history, "stg_registry__aheads", "name", "is_deleted", "_findings")
    assert [staged["A"] for staged in seen[:3]] == [
        ("二〇九九", False, finding), ("更正", False, []), ("更正", True, []),
    ]  # fmt: skip
    assert _lives(versions[2], "stg_registry__ahead_versions", "A") == [
        ("二〇九九", 2, 5, 4), ("更正", 5, 6, 5),
    ]  # fmt: skip


def test_a_run_without_news_changes_nothing(history) -> None:
    assert history[5] == history[4]


def test_a_full_refresh_gives_the_same_rows(history) -> None:
    assert history[6] == history[4]


def _lives(versions: Versions, model: str, record: str) -> list[tuple[Any, ...]]:
    """Name, day of the month from and until which it held, and since when the end was known."""
    return [
        (row["name"], *(row[name] and row[name].day for name in ("version_from", "version_to", "known_to")))
        for row in versions[model]
        if row["_source_record_id"] == record
    ]


def test_what_is_gone_from_a_whole_is_a_closed_version_and_its_return_a_new_one(versions) -> None:
    assert _lives(versions[4], "stg_registry__member_versions", "A") == [
        ("甲", 2, 3, 3), ("甲改", 3, 4, 4), ("甲旧", 4, 5, 5), ("甲", 6, 7, 7),
    ]  # fmt: skip
    assert _lives(versions[4], "stg_registry__member_versions", "B") == [
        ("乙", 2, 3, 3), ("乙", 5, None, None),
    ]  # fmt: skip


def test_versions_follow_the_sources_time_and_deletion_closes_the_last(versions) -> None:
    model = "stg_registry__visit_versions"
    assert _lives(versions[0], model, "A") == [("一", 1, 3, 2), ("三", 3, None, None)]
    assert [life[:3] for life in _lives(versions[1], model, "A")] == [
        ("一", 1, 2),
        ("二", 2, 3),
        ("三", 3, None),
    ]
    assert [life[:3] for life in _lives(versions[4], model, "A")] == [
        ("一", 1, 2),
        ("二", 2, 3),
        ("三", 3, 3),
    ]


def test_versions_neither_overlap_nor_change_with_the_way_of_building(versions) -> None:
    assert versions[5] == versions[4]
    assert versions[6] == versions[4]
    for rows in versions[6].values():
        assert all(row["version_to"] is None or row["version_from"] <= row["version_to"] for row in rows)
        assert all(row["is_current"] == (row["version_to"] is None) for row in rows)
