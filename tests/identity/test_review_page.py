"""The page a steward decides by: both persons, what differs although it is masked, all of it in Chinese."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from pipelines.cli import identity as commands
from pipelines.identity import review_queue
from pipelines.identity.explain import MASKED_ADDRESS, pairs_waiting
from pipelines.identity.model import shipped_model
from pipelines.identity.review_page import FIELDS, OUTCOMES, review_page
from tests.identity.people import People, number_of

BORN = date(1962, 3, 14)
CONTACT = {"sex_code": "2", "phone": "13755400088"}


@pytest.fixture
def two_numbers(people: People) -> People:
    """One name, birth and telephone under two numbers, at two flats of one estate."""
    flats = {"Q1": ("幸福小区3号楼2单元301室", 42), "Q2": ("幸福小区四号楼2单元302室", 44)}
    for record_id, (flat, sequence) in flats.items():
        number = number_of(BORN, sequence)
        people.add("hj_person", record_id, "张敏", BORN, number=number, address_standard=flat, **CONTACT)
    people.resolve()
    return people


def row_of(page: str, field: str) -> str:
    """The table row of a field of the first pair."""
    return next(row for row in re.findall(r"<tr.*?</tr>", page) if f"<th>{FIELDS[field]}</th>" in row)


def test_every_outcome_of_the_model_has_a_chinese_label() -> None:
    labels = {level.label for comparison in shipped_model().comparisons for level in comparison.levels}
    assert labels == set(OUTCOMES)
    assert not [label for label in OUTCOMES.values() if re.search("[A-Za-z]", label)]


def test_the_page_says_what_differs_though_it_masks_it(two_numbers: People) -> None:
    page = review_page(review_queue(two_numbers.connection))
    assert "differs" in row_of(page, "id_number") and "differs" in row_of(page, "address")
    assert row_of(page, "address").count("幸福小区*号楼*单元*室") == 2
    for same in ("name", "phone", "birth"):
        assert "differs" not in row_of(page, same)
    for never in ("record_key", "updated_at", "person_id"):
        assert "differs" not in row_of(page, never)
    for value in ("张敏", "13755400088", "301", "302", number_of(BORN, 42)[:14]):
        assert value not in page
    assert not re.search("same_|missing|>different<|>same<", page)


def test_the_page_shows_the_numbers_of_both_persons_where_a_record_has_none(people: People) -> None:
    contact = {"sex_code": "2", "phone": "13755400088"}
    known = people.add("hj_person", "Q1", "张敏", BORN, number=number_of(BORN, 42), **contact)
    people.add("hj_person", "Q2", "张敏", BORN, number=number_of(BORN, 44), **contact)
    case = people.add("case", "q", "张敏", BORN, **contact)
    people.resolve()
    pair = next(
        pair
        for pair in review_queue(people.connection)
        if {pair["left"]["record_key"], pair["right"]["record_key"]} == {known, case}
    )
    sides = {pair[side]["record_key"]: pair[side] for side in ("left", "right")}
    assert sides[known]["person_id"] == people.person(known)
    number = number_of(BORN, 42)
    assert sides[known]["person_numbers"] == [f"{number[:3]}{'*' * 11}{number[-4:]}"]
    page = review_page([pair])
    assert people.person(case) in page and sides[known]["person_numbers"][0] in row_of(page, "person_numbers")


def test_a_number_that_only_a_withheld_record_gives_is_not_shown(people: People) -> None:
    people.connection.execute(
        "create schema lake.reference; create table lake.reference.person_sources as "
        "select 'elder_care' as source_system, 'elder' as source_table, false as gives_values"
    )
    told = people.add("hj_person", "Q1", "张敏", BORN, **CONTACT)
    people.add("hj_person", "Q2", "张敏", BORN, number=number_of(BORN, 44), **CONTACT)
    people.add("case", "q", "张敏", BORN, **CONTACT)
    elder = people.add("elder", "E1", "张敏", BORN, number=number_of(BORN, 42))
    people.decide(elder, told, "same")
    people.resolve()
    for shows_withheld in (True, False):
        (pair,) = review_queue(people.connection, shows_withheld=shows_withheld)
        sides = {pair[side]["record_key"]: pair[side]["person_numbers"] for side in ("left", "right")}
        # The person of the case has the number of a record that anybody may see.
        assert sides.pop("affairs|case|q")
        assert bool(sides[told]) == shows_withheld


def test_the_heading_says_how_many_wait(two_numbers: People) -> None:
    two_numbers.add("case", "q", "张敏", BORN, **CONTACT)
    two_numbers.resolve()
    waiting = pairs_waiting(two_numbers.connection)
    assert waiting > 1
    assert f"（共 {waiting} 对，本页 1 对）" in review_page(
        review_queue(two_numbers.connection, limit=1), waiting
    )
    assert f"（共 {waiting} 对）" in review_page(review_queue(two_numbers.connection), waiting)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("三和镇九龙岗村十二组五号", "三和镇九龙岗村*组*号"),
        ("八公山区三和小区丙幢贰单元叁零壹", "八公山区三和小区*幢*单元*"),
        ("幸福小区三号楼二〇一", "幸福小区*号楼*"),
        ("幸福小区甲栋", "幸福小区*栋"),
        ("幸福小区甲栋十二东侧", "幸福小区*栋*东侧"),
        ("幸福路壹佰号", "幸福路*号"),
        ("五一新村三-二-一", "五一新村*-*-*"),
        ("幸福小区二〇一", "幸福小区*"),
        ("幸福小区Ａ座③号１２", "幸福小区*座*号*"),
        ("五一新村12-3-401", "五一新村*-*-*"),
    ],
)
def test_a_masked_address_shows_no_number_of_a_building_or_flat(
    people: People, address: str, shown: str
) -> None:
    (masked,) = people.connection.execute(
        f"select {MASKED_ADDRESS} from (select ? as address_standard)", [address]
    ).fetchone()
    assert masked == shown


@pytest.fixture
def kept(two_numbers: People, monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """The command on the small city; what it keeps of reads."""
    reads: list[tuple] = []
    monkeypatch.setattr(commands, "reader", lambda _: nullcontext(two_numbers.connection))
    monkeypatch.setattr(commands, "connect_state", lambda _: nullcontext(None))
    monkeypatch.setattr("pipelines.identity.decisions.every_decision", lambda _: [])
    monkeypatch.setattr(commands, "get_settings", lambda: SimpleNamespace())
    monkeypatch.setattr(
        commands, "log_read", lambda _, _command, tables, *, reason, **_named: reads.append((tables, reason))
    )
    two_numbers.connection.execute(
        "create schema lake.reference; create table lake.reference.person_sources "
        "(source_system varchar, source_table varchar, gives_values boolean)"
    )
    return reads


def test_values_are_shown_for_a_reason_that_is_kept(kept: list[tuple], tmp_path: Path) -> None:
    page, run = tmp_path / "page.html", CliRunner().invoke
    assert run(commands.app, ["review", "--page", str(page)]).exit_code == 0
    assert "张敏" not in page.read_text() and kept == []
    refused = run(commands.app, ["review", "--page", str(page), "--unmasked"])
    assert (refused.exit_code, kept) == (1, []) and "张敏" not in page.read_text()
    done = run(commands.app, ["review", "--page", str(page), "--unmasked", "--reason", "裁定双号"])
    assert done.exit_code == 0
    assert "张敏" in page.read_text() and "幸福小区3号楼2单元301室" in page.read_text()
    assert kept == [(["identity.person_review", "intermediate.int_persons_candidates"], "裁定双号")]
    assert page.stat().st_mode & 0o777 == 0o600


def test_a_person_is_explained_unmasked_for_a_reason(kept: list[tuple], two_numbers: People) -> None:
    person = two_numbers.person("population|hj_person|Q1")
    run = CliRunner().invoke
    assert "张敏" not in run(commands.app, ["explain", person]).output
    assert run(commands.app, ["explain", person, "--unmasked"]).exit_code == 1
    told = run(commands.app, ["explain", person, "--unmasked", "--json", "--reason", "裁定双号"])
    assert "张敏" in told.output
    assert [reason for _, reason in kept] == ["裁定双号"]


@pytest.mark.usefixtures("kept")
def test_a_review_with_a_withheld_record_is_explained_for_a_reason(two_numbers: People) -> None:
    elder = two_numbers.add("elder", "E1", "张敏", BORN, number=number_of(BORN, 46), **CONTACT)
    two_numbers.resolve()
    two_numbers.connection.execute(
        "insert into lake.reference.person_sources values ('elder_care', 'elder', false)"
    )
    explain = ["explain", two_numbers.person("population|hj_person|Q1"), "--json"]
    shown, whole = (
        json.loads(CliRunner().invoke(commands.app, [*explain, *reason]).stdout)["waiting_for_review"]
        for reason in ([], ["--reason", "走访核实"])
    )
    assert 0 < len(shown) < len(whole)
    others = {row[side] for row in whole for side in ("record_key_l", "record_key_r")}
    assert elder in others and two_numbers.person(elder) not in str(shown)
