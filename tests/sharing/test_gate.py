"""The gate lets good slices out, stops faulty ones by the rule that says so, and repeats itself."""

from __future__ import annotations

import csv
import json
import re
import stat
from datetime import date

import duckdb
import pytest

from data_quality.evidence import gate_runs, show_run
from data_quality.work_orders import list_orders
from pipelines.delivery import share_gate
from pipelines.installation.kept_keys import KeyLostError
from sharing.catalogue import current_version, list_shares, share_history
from sharing.ledger import pinned_snapshots, verify_ledger
from sharing.projection import ProjectionError
from sharing.verification import verify_deliveries
from sharing.withdrawal import withdraw
from tests.support.changed_contracts import column, granted, with_contract

TODAY = date(2026, 6, 30)


@pytest.mark.usefixtures("real_suites")
def test_a_good_slice_is_published_with_receipt_and_ledger_entry(city):
    outcome = city.gate()
    assert (outcome.status, outcome.verdict, outcome.serving_version) == ("published", "pass", "000001")
    current = city.shelf / "current"
    receipt = json.loads((current / "receipt.json").read_text())
    rows = duckdb.sql(f"select count(*) from read_parquet('{current}/data.parquet')").fetchone()[0]
    assert rows == receipt["row_count"] == outcome.row_count > 0
    assert set(receipt["files"]) == {"data.parquet", "data.csv", "contract.yaml", "README.txt"}
    with city.state() as state:
        assert verify_ledger(state, city.folders.secrets).is_whole
        assert pinned_snapshots(state) == {outcome.lake_snapshot}
        assert list_orders(state, today=TODAY) == []


@pytest.mark.usefixtures("real_suites")
def test_a_bulk_edit_is_stopped_the_old_version_stays_and_the_corrected_one_passes(city):
    first = city.gate()
    served = (city.shelf / "current" / "data.parquet").read_bytes()
    city.build(city.bulk_edit)
    blocked = city.gate()
    assert (blocked.status, blocked.serving_version) == ("blocked", first.serving_version)
    assert {"community_complete", "house_complete", "community_exists", "elders_have_a_home"} <= set(
        blocked.failed_rules
    )
    assert (city.shelf / "current" / "data.parquet").read_bytes() == served
    assert "继续提供上一版 000001" in blocked.notice
    assert "version 000001 stays served" in blocked.next_step and blocked.next_step.isascii()
    with city.state() as state:
        orders = list_orders(state, today=TODAY)
        assert {order["ticket_no"] for order in orders} == set(blocked.tickets)
        assert {order["due_at"] for order in orders} == {date(2026, 7, 14)}

    city.build("update core.dim_persons set residence_house_code = residence_house_code")
    city.change("delete from share.share_civil_affairs__elderly_living_alone where person_id = 'P00000001'")
    city.change("delete from core.dim_persons where person_id = 'P00000001'")
    corrected = city.gate()
    assert (corrected.status, corrected.serving_version) == ("published", "000002")
    with city.state() as state:
        assert [row["verdict"] for row in share_history(state, "civil_affairs", "elderly_living_alone")] == [
            "pass", "block", "pass",
        ]  # fmt: skip
        assert list_orders(state, today=TODAY) == []
        closed = list_orders(state, only_open=False, today=TODAY)
        assert {order["status"] for order in closed} == {"corrected"}
        assert verify_ledger(state, city.folders.secrets) == verify_ledger(state, city.folders.secrets)
        assert verify_ledger(state, city.folders.secrets).entries == 3


def test_people_who_vanish_are_noticed_though_every_remaining_row_is_perfect(city):
    city.gate()
    city.build("update core.dim_persons set residence_house_code = null where hash(person_id) % 100 < 40")
    city.change("delete from share.share_civil_affairs__elderly_living_alone where house_code is null")
    outcome = city.gate()
    assert outcome.status == "blocked"
    assert {"rows_near_previous", "previous_people_kept", "elders_have_a_home", "no_county_shrinks"} == set(
        outcome.failed_rules
    )


FAULTS = {
    "token_unique": "insert into {t} select * from {t} limit 1",
    "age_at_least_80": "update {t} set age_years = 79 where person_id = 'P00000007'",
    "community_exists": "update {t} set community_code = '340402001999' where hash(person_id) % 50 = 0",
    "region_consistent": "update {t} set town_code = '340406001' where hash(person_id) % 50 = 0",
    "region_granted": "update {t} set community_code = '340102001001' where person_id = 'P00000007'",
    "living_alone_not_in_future": "update {t} set living_alone_since = '2026-07-01' where age_years = 81",
    "fresh_within_two_cycles": "update {t} set as_of = '2026-06-15'",
    "house_code_format": "update {t} set house_code = '3号楼' where hash(person_id) % 20 = 0",
    "rows_present": "delete from {t}",
    "person_token_present": "update {t} set person_id = null where person_id = 'P00000007'",
}
LEAKS = {
    "a mobile number": "13812345678",
    "in full width": "电话１３８１２３４５６７８",
    "with blanks and hyphens": "+86 138-1234-5678",
    "an identity number": "身份证34049019350101001X",
    "an old identity number": "340490350101001",
}


@pytest.mark.parametrize("rule_code", FAULTS)
def test_each_fault_is_stopped_by_its_rule(city, rule_code):
    city.change(FAULTS[rule_code].format(t="share.share_civil_affairs__elderly_living_alone"))
    outcome = city.gate()
    assert outcome.status == "blocked"
    assert rule_code in outcome.failed_rules
    assert not (city.shelf / "current").exists()


@pytest.mark.parametrize("text", LEAKS.values(), ids=LEAKS.keys())
def test_a_number_hidden_in_free_text_does_not_get_out(city, text):
    city.change(
        f"update share.share_civil_affairs__elderly_living_alone set address = address || ' {text}' "
        "where person_id = 'P00000007'"
    )
    outcome = city.gate()
    assert (outcome.status, outcome.failed_rules) == ("blocked", ("no_identity_or_phone",))


def test_a_county_gets_nobody_who_is_not_known_to_be_in_it(city, tmp_path):
    county = with_contract(city, tmp_path, lambda content: granted(content, region_code="340403"))
    county.change(
        "update share.share_civil_affairs__elderly_living_alone set community_code = null "
        "where person_id in (select person_id from share.share_civil_affairs__elderly_living_alone "
        "order by person_id limit 3)"
    )
    assert county.gate().status == "published"
    delivered = duckdb.sql(f"from read_parquet('{county.shelf}/current/data.parquet')")
    assert delivered.filter("county_code = '340403'").count("*").fetchone()[0] > 0
    assert delivered.filter("community_code is null or county_code <> '340403'").fetchall() == []


def test_a_row_of_another_county_by_its_county_code_is_stopped(city, tmp_path):
    county = with_contract(city, tmp_path, lambda content: granted(content, region_code="340403"))
    county.change(
        "update share.share_civil_affairs__elderly_living_alone set county_code = '340406' "
        "where person_id = (select min(person_id) from share.share_civil_affairs__elderly_living_alone "
        "where county_code = '340403')"
    )
    assert "region_granted" in county.gate().failed_rules


def test_what_does_not_fit_its_type_is_told_without_the_value(city, tmp_path):
    typed = with_contract(city, tmp_path, lambda c: column(c, "address").update(physicalType="integer"))
    with pytest.raises(ProjectionError, match="ConversionException") as told:
        typed.gate()
    assert "淮南" not in str(told.value)


def test_a_number_hides_in_no_type(city, tmp_path):
    def numbered(content):
        column(content, "house_code").update(physicalType="bigint", logicalType="integer")
        column(content, "house_code").pop("logicalTypeOptions")
        (table,) = content["schema"]
        table["quality"] = [rule for rule in table["quality"] if "house_code" not in str(rule)]

    numbers = with_contract(city, tmp_path, numbered)
    numbers.change("update share.share_civil_affairs__elderly_living_alone set house_code = '13812345678'")
    assert "no_identity_or_phone" in numbers.gate().failed_rules


def test_a_rule_reads_no_file(city, tmp_path):
    def reading(content):
        rule = next(item for item in content["schema"][0]["quality"] if item["name"] == "community_complete")
        rule["implementation"] = "exists (select 1 from read_csv('/etc/passwd', header = false))"

    with pytest.raises(RuntimeError, match="community_complete"):
        with_contract(city, tmp_path, reading).gate()


def test_an_expired_grant_stops_supply(city):
    first = city.gate()
    city.build("update core.dim_persons set birth_date = birth_date")
    city.change("update share.share_civil_affairs__elderly_living_alone set as_of = '2027-01-04'")
    after = city.gate(today=date(2027, 1, 4))
    assert "grant_valid" in after.failed_rules
    assert (first.status, after.status, after.serving_version) == ("published", "withdrawn", None)
    assert "停止提供" in after.notice
    assert "Renew the grant" in after.next_step and after.next_step.isascii()
    assert not (city.shelf / "current").is_symlink()
    # Asked again, it stays so, and nothing is decided twice.
    again = city.gate(today=date(2027, 1, 4))
    assert (again.status, again.ledger_entry) == ("withdrawn", after.ledger_entry)
    assert not (city.shelf / "current").is_symlink()
    with city.state() as state:
        assert [row["verdict"] for row in share_history(state, "civil_affairs", "elderly_living_alone")] == [
            "withdraw", "pass",
        ]  # fmt: skip
        assert verify_ledger(state, city.folders.secrets).is_whole
        assert verify_deliveries(state, city.folders.shares, city.folders.secrets) == ()


def test_an_expired_grant_stops_supply_also_where_nothing_can_be_judged(city):
    city.gate()

    def no_good_build():
        raise LookupError("No build has ended well.")

    with pytest.raises(LookupError, match="No build"):
        share_gate.gate(city.settings.model_copy(update={"today": TODAY}), city.contract, no_good_build)
    assert (city.shelf / "current").is_symlink()
    later = city.settings.model_copy(update={"today": date(2027, 1, 4)})
    for _ in range(2):
        with pytest.raises(LookupError, match="No build"):
            share_gate.gate(later, city.contract, no_good_build)
        assert not (city.shelf / "current").is_symlink()
    with city.state() as state:
        assert [row["verdict"] for row in share_history(state, "civil_affairs", "elderly_living_alone")] == [
            "withdraw", "pass",
        ]  # fmt: skip


def test_a_share_without_a_contract_is_listed_and_withdrawn_by_command(city):
    city.gate()
    with city.state() as state:
        (listed,) = list_shares([], state, city.folders.shares)
        assert (listed["dataset"], listed["serving_version"]) == ("elderly_living_alone", "000001")
        assert listed["label"] is None
        entry = withdraw(state, city.folders, "civil_affairs", "elderly_living_alone")
        assert (entry.decision.verdict, entry.decision.version) == ("withdraw", None)
        assert not (city.shelf / "current").is_symlink()
        (listed,) = list_shares([], state, city.folders.shares)
        assert (listed["serving_version"], listed["last_verdict"]) == (None, "withdraw")
        with pytest.raises(LookupError, match="is not served"):
            withdraw(state, city.folders, "civil_affairs", "elderly_living_alone")
        assert verify_ledger(state, city.folders.secrets).is_whole
    # Under a contract it may go out again, as a new version.
    assert city.gate().serving_version == "000002"


def test_the_same_content_gives_no_second_version_and_no_second_entry(city):
    first = city.gate()
    city.change("create or replace table core.unrelated as select 1 as one")
    again = city.gate()
    assert (again.status, again.serving_version) == ("unchanged", first.serving_version)
    assert again.lake_snapshot > first.lake_snapshot
    with city.state() as state:
        assert verify_ledger(state, city.folders.secrets).entries == 1
    assert sorted(path.name for path in city.shelf.iterdir()) == ["000001", "current"]


def test_going_back_to_the_served_content_ends_a_block_with_a_decision(city):
    first = city.gate()
    city.build(city.bulk_edit)
    assert city.gate().status == "blocked"
    city.build("update core.dim_persons set residence_house_code = residence_house_code")
    restored = city.gate()
    assert restored.content_hash == first.content_hash
    assert (restored.status, restored.ledger_entry) == ("published", 3)
    assert city.gate().status == "unchanged"
    with city.state() as state:
        assert list_orders(state, today=TODAY) == []


def test_a_block_is_decided_once_for_one_snapshot(city):
    city.build(city.bulk_edit)
    first, again = city.gate(), city.gate()
    assert first.ledger_entry == again.ledger_entry
    assert set(first.tickets) == set(again.tickets)
    with city.state() as state:
        assert len(gate_runs(state)) == 1
        assert {order["recurrence"] for order in list_orders(state, today=TODAY)} == {0}


def test_failing_again_adds_to_the_recurrence_of_the_open_order(city):
    city.build(city.bulk_edit)
    first = city.gate()
    city.build(city.bulk_edit)
    again = city.gate()
    assert again.ledger_entry == first.ledger_entry + 1
    assert set(again.tickets) == set(first.tickets)
    with city.state() as state:
        assert {order["recurrence"] for order in list_orders(state, today=TODAY)} == {1}


def test_an_older_snapshot_gives_what_was_true_then(city):
    then = city.gate()
    city.build(city.bulk_edit)
    assert city.gate(snapshot=then.lake_snapshot).content_hash == then.content_hash


EVIDENCE = (
    "quality.gate_runs",
    "quality.rule_results",
    "quality.failing_keys",
    "quality.work_orders",
    "audit.ledger",
)


def test_nothing_that_identifies_a_person_gets_out_or_into_evidence(city):
    city.gate()
    city.build(city.bulk_edit)
    city.gate()
    persons = city.read("select id_number, phone, name, person_id, birth_date::varchar from {t}")
    secrets = {str(value) for row in persons for value in row}
    written = [path.read_text() for path in city.shelf.glob("000001/*.csv")]
    parquet = duckdb.sql(f"from read_parquet('{city.shelf}/000001/data.parquet')").fetchall()
    written.append("\n".join(str(value) for row in parquet for value in row))
    with city.state() as state:
        for table in EVIDENCE:
            written += [str(row) for row in state.execute(f"select * from {table}").fetchall()]
    everything = "\n".join(written)
    assert [secret for secret in secrets if secret in everything] == []


def test_evidence_names_failing_rows_by_pseudonym(city):
    city.build(city.bulk_edit)
    outcome = city.gate()
    with city.state() as state:
        shown = show_run(state, outcome.gate_run_id, keys=5)
    worst = shown["rules"][0]
    assert worst["outcome"] == "fail"
    failed = next(rule for rule in shown["rules"] if rule["rule_code"] == "community_complete")
    assert len(failed["failing_keys"]) == 5
    assert failed["evaluated"] - failed["good"] > 5


def test_files_are_for_the_platform_only_and_spreadsheets_cannot_be_tricked(city):
    city.change(
        "update share.share_civil_affairs__elderly_living_alone set address = '=HYPERLINK(1)' "
        "where person_id = 'P00000007'"
    )
    city.change(
        "update share.share_civil_affairs__elderly_living_alone set address = '\uff1dcmd' "
        "where person_id = 'P00000008'"
    )
    city.gate()
    current = city.shelf / "current"
    assert {stat.S_IMODE((current / name).stat().st_mode) for name in ("data.parquet", "data.csv")} == {0o600}
    with (current / "data.csv").open(encoding="utf-8-sig") as file:
        addresses = [row["address"] for row in csv.DictReader(file)]
    assert {"'=HYPERLINK(1)", "'\uff1dcmd"} <= set(addresses)
    assert not [address for address in addresses if address[:1] in "=+-@\uff1d"]


def test_codes_survive_the_text_file_as_its_guide_says(city):
    city.gate()
    current = city.shelf / "current"
    content = (current / "data.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    names, wanted = _rows(f"from read_parquet('{current / 'data.parquet'}')")
    # Texts and days are quoted, so that a reader which heeds it takes them for no numbers.
    with (current / "data.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file, quoting=csv.QUOTE_NONNUMERIC)
    assert header == names
    as_text = sorted(tuple("" if value is None else str(value) for value in row) for row in wanted)
    assert sorted(tuple(map(str, row)) for row in rows) == as_text
    assert max(len(row[names.index("house_code")]) for row in rows) > 20
    guide = (current / "README.txt").read_text(encoding="utf-8-sig")
    told = re.search(r"select \* from read_csv\('data.csv', all_varchar = true\)", guide)
    _, read = _rows(told[0].replace("data.csv", str(current / "data.csv")))
    assert sorted(tuple(value or "" for value in row) for row in read) == as_text
    assert all(name in guide for name in names) and "市民政局" not in content.decode()


def _rows(query: str) -> tuple[list[str], list[tuple]]:
    answer = duckdb.sql(query)
    return answer.columns, answer.fetchall()


def test_a_lost_key_stops_the_share_instead_of_changing_every_pseudonym(city):
    city.gate()
    key = city.folders.secrets / "shares" / "civil_affairs.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    key.unlink()
    with pytest.raises(KeyLostError, match="Restore it"):
        city.gate()
    assert (
        current_version(city.folders.shares, "civil_affairs", "elderly_living_alone")["version"] == "000001"
    )


def test_a_connection_inside_a_transaction_is_refused(city):
    with city.state() as state, pytest.raises(ValueError, match="autocommit"):
        state.autocommit = False
        city.gate_on(state)


def test_the_catalogue_says_what_is_served(city):
    city.gate()
    with city.state() as state:
        (share,) = list_shares([city.contract], state, city.folders.shares)
    assert (share["serving_version"], share["last_verdict"], share["share_class"]) == (
        "000001",
        "pass",
        "有条件共享",
    )
