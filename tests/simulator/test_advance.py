"""A simulated day: about one record in a hundred changes, and the truth changes with it."""

import csv
import hashlib
import shutil
from collections import Counter

import pytest

import simulator.advance
from pipelines.extract.files.names import period_of
from simulator import SYSTEMS
from simulator.advance import ORDINARY, advance
from simulator.contract import record_id, source_tables
from simulator.drops.write import drop_folder
from simulator.generate import read_manifest
from simulator.ordinary_day import TRUE_VALUES
from simulator.serve.city import tables

HJ_PERSON = "simulator/population/hj_person"
CHANGED = "simulator/population/changes/2026-07-01/hj_person"


@pytest.fixture(scope="module")
def older(city, tmp_path_factory):
    home = tmp_path_factory.mktemp("older")
    shutil.copytree(city.home, home, dirs_exist_ok=True)
    advance(home)
    return type(city)(home)


def test_the_day_moves_on_and_says_so(older):
    manifest = read_manifest(older.home)

    assert (manifest["today"], manifest["days_advanced"]) == ("2026-07-01", 1)


def test_about_one_person_record_in_a_hundred_changes(older):
    total = older.value("select count(*) from {t}", t=HJ_PERSON)
    changed = older.value("select count(*) from {t}", t=CHANGED)

    assert 0.003 < changed / total < 0.03


def test_changed_rows_are_in_the_full_table_with_a_newer_time(city, older):
    missing = older.value("select count(*) from (from {c} except from {t})", c=CHANGED, t=HJ_PERSON)
    earliest = older.value("select min(update_time) from {c}", c=CHANGED)
    latest_before = city.value("select max(update_time) from {t}", t=HJ_PERSON)

    assert missing == 0
    assert earliest > latest_before


def test_rows_that_did_not_change_kept_their_time(city, older):
    silent = older.value(
        f"select count(*) from (from {{t}} except from read_parquet('{city.home}/{HJ_PERSON}.parquet')) "
        "where update_time < timestamptz '2026-07-01 00:00:00+08:00'",
        t=HJ_PERSON,
    )

    assert silent == 0


def test_keys_stay_unique_and_new_cases_and_messages_have_come(city, older):
    for system in SYSTEMS:
        for table, contract in source_tables(system).items():
            file = f"simulator/{system}/{table}"
            rows, keys = older.rows(
                f"select count(*), count(distinct ({', '.join(contract.primary_key)})) from {{t}}", t=file
            )[0]
            assert rows == keys, file
    for file in ("simulator/affairs/case", "simulator/safety_devices/messages"):
        assert older.value("select count(*) from {t}", t=file) > city.value(
            "select count(*) from {t}", t=file
        )


def test_messages_already_sent_stay_as_they_are(city, older):
    file = "simulator/safety_devices/messages"
    sent = city.value("select count(*) from {m}", m=file)
    changed = older.value(
        f"select count(*) from (from {{m}} where publish_order <= {sent} "
        f"except from read_parquet('{city.home}/{file}.parquet'))",
        m=file,
    )

    assert changed == 0


def test_there_are_births_and_deaths_and_their_records(older):
    born = older.value("select count(*) from {t} where birth_date = '20260701'", t=HJ_PERSON)
    dead = older.value(
        "select count(*) from {p} where death_date = date '2026-07-01'", p="simulator/city/persons"
    )

    assert born >= 1
    assert dead >= 1


@pytest.mark.parametrize(
    ("column", "true"), [("id_number", "p.id_number"), ("phone", "p.phone"), ("name", "p.name")]
)
def test_the_truth_still_names_every_wrong_value(older, column, true):
    unsaid = older.value(
        f"""select count(*) from {{t}} as t
            join {{r}} as r on r.table_name = 'hj_person' and r.entity = 'person'
                and r.source_record_id = t.person_no
            join {{p}} as p on 'P' || p.person_no = r.true_id
            where t.{column} is distinct from {true} and not exists (
                select 1 from {{d}} as d where d.table_name = 'hj_person' and d.source_record_id = t.person_no
                    and d.column_name = '{column}')""",
        t=HJ_PERSON, r="truth/records", p="simulator/city/persons", d="truth/dirt",
    )  # fmt: skip

    assert unsaid == 0


INCREMENTAL = [
    (system, table)
    for system in ORDINARY
    for table, contract in tables(system).items()
    if contract.ingest.mode == "incremental"
]


@pytest.mark.parametrize(("system", "table"), INCREMENTAL)
def test_about_one_record_in_a_hundred_is_changed_in_every_system_and_says_when(city, older, system, table):
    contract = tables(system)[table]
    cursor, file = contract.ingest.cursor, f"simulator/{system}/{table}"
    before = f"read_parquet('{city.home}/{file}.parquet')"
    rows, changed = older.rows(
        f"select count(*), count(*) filter ({cursor} >= timestamptz '2026-07-01 00:00:00+08:00') from {{t}}",
        t=file,
    )[0]
    silent = older.value(
        f"select count(*) from (from {{t}} except from {before}) "
        f"where {cursor} not between '2026-07-01 00:00:00+08:00' and '2026-07-01 20:00:00+08:00'", t=file,
    )  # fmt: skip
    written = older.value("select count(*) from {t}", t=f"simulator/{system}/changes/2026-07-01/{table}")

    assert silent == 0
    assert written == changed
    # Of a few records none may be touched; what is expected lies within four deviations.
    assert abs(changed - rows / 100) <= 4 * (rows / 100) ** 0.5 + 1


def test_records_are_deleted_and_entered(city, older):
    seen = Counter()
    for system in ORDINARY:
        for table, contract in tables(system).items():
            file, key = f"simulator/{system}/{table}", ", ".join(contract.primary_key)
            before = f"read_parquet('{city.home}/{file}.parquet')"
            flag, cursor = contract.ingest.deleted_flag, contract.ingest.cursor
            ours, theirs = f"select {key} from {before}", f"select {key} from {{t}}"
            lost = older.value(f"select count(*) from ({ours} except {theirs})", t=file)
            new = older.value(f"select count(*) from ({theirs} except {ours})", t=file)
            if cursor:
                assert lost == 0, file
                seen["entered"] += new
            elif contract.ingest.content == "full":
                seen["absent"] += lost
            if cursor and flag:
                seen["flagged"] += older.value(
                    f"select count(*) from {{t}} where {flag} and ({key}) in "
                    f"(select ({key}) from {before} where not {flag})", t=file,
                )  # fmt: skip

    assert all(seen[how] > 0 for how in ("entered", "flagged", "absent")), seen
    assert seen["flagged"] <= 60


def _person_columns():
    for system in ORDINARY:
        for table, contract in tables(system).items():
            for person in contract.staging.get("person") or []:
                for field, true_value in TRUE_VALUES.items():
                    if field in person:
                        yield system, table, person[field], true_value


@pytest.mark.parametrize(("system", "table", "column", "true_value"), list(_person_columns()))
def test_a_person_column_is_still_wrong_exactly_where_the_truth_says(
    older, system, table, column, true_value
):
    contradicted = older.value(
        f"""select count(*)
        from {{t}} as t
        join {{r}} as r on r.system = '{system}' and r.table_name = '{table}' and r.entity = 'person'
            and r.source_record_id = {record_id(system, table)}
        join {{p}} as p on 'P' || p.person_no = r.true_id
        where (t.{column} is distinct from {true_value}) <> exists (
            select 1 from {{d}} as d where d.system = '{system}' and d.table_name = '{table}'
                and d.source_record_id = r.source_record_id and d.column_name = '{column}')""",
        t=f"simulator/{system}/{table}", r="truth/records", p="simulator/city/persons", d="truth/dirt",
    )  # fmt: skip

    assert contradicted == 0


def test_some_faults_are_put_right_and_leave_the_truth(city, older):
    kept = f"read_parquet('{older.home}/truth/dirt.parquet')"
    systems = ", ".join(f"'{system}'" for system in ORDINARY)
    ended = city.value(
        f"select count(*) from (from {{d}} where system in ({systems}) except from {kept})", d="truth/dirt"
    )

    assert 0 < ended < 100


def _new_files(home, before, system):
    folder = drop_folder(home, system)
    there = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    former = {
        path.relative_to(drop_folder(before, system)) for path in drop_folder(before, system).rglob("*")
    }
    return [folder / path for path in sorted(there - former)]


def test_the_files_that_are_due_are_dropped_and_no_other(city, older):
    names = {
        system: [path.name for path in _new_files(older.home, city.home, system) if path.suffix != ".sha256"]
        for system in ORDINARY
    }

    assert names["family_tv"] == ["view_agg_20260701_01.csv"]
    assert names["organizations"] == ["change_20260701_01.csv"]
    assert names["civil_affairs"] == ["org_community_202606_01.xlsx", "worker_202606_01.xlsx"]
    assert names["training"] == ["course_2026Q2_01.xlsx", "training_roll_2026Q2_01.xlsx"]


def test_a_dropped_file_has_its_checksum_its_pattern_and_the_rows_of_its_day(city, older):
    for system in ORDINARY:
        for path in _new_files(older.home, city.home, system):
            if path.suffix == ".sha256":
                continue
            digest = path.with_name(f"{path.name}.sha256").read_text().split()[0]
            assert digest == hashlib.sha256(path.read_bytes()).hexdigest(), path.name
            fitting = [t for t in tables(system).values() if period_of(t.ingest.pattern, path.name)[0]]
            assert len(fitting) == 1, path.name
    path = drop_folder(older.home, "family_tv") / "outgoing/family_tv/view_agg_20260701_01.csv"
    contract = tables("family_tv")["view_agg"]
    with path.open(encoding=contract.layout.encoding, newline="") as handle:
        header, *rows = csv.reader(handle, delimiter=contract.layout.delimiter)
    assert header == [column.label for column in contract.columns]
    assert len(rows) == older.value(
        "select count(*) from {t} where view_date = date '2026-07-01'", t="simulator/family_tv/view_agg"
    )


def test_what_a_file_writes_loosely_is_in_the_truth_and_nothing_else(older):
    path = drop_folder(older.home, "party") / "outgoing/party/member_202606_01.csv"
    contract = tables("party")["member"]
    with path.open(encoding=contract.layout.encoding, newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter=contract.layout.delimiter))
    label = {column.name: column.label for column in contract.columns}
    source = dict(older.rows("select member_no, joined_on from {t}", t="simulator/party/member"))
    loose = {row[label["member_no"]] for row in rows
             if row[label["joined_on"]] != (source[row[label["member_no"]]] or "")}  # fmt: skip
    said = older.rows(
        "select source_record_id from {d} where system = 'party' and table_name = 'member' "
        "and column_name = 'joined_on' and dirt_type = 'date_written_loosely'",
        d="truth/dirt",
    )

    assert loose
    assert loose == {record for (record,) in said}


def test_files_of_former_days_stay_as_they_are(city, older):
    for system in ORDINARY:
        for path in drop_folder(city.home, system).rglob("*"):
            if path.is_file():
                same = drop_folder(older.home, system) / path.relative_to(drop_folder(city.home, system))
                assert same.read_bytes() == path.read_bytes(), path.name


@pytest.fixture
def parts(monkeypatch):
    """Break off the day at a place: before anything is whole, or after so many files are in place."""

    def break_off(place):
        if place == "written":
            monkeypatch.setattr(simulator.advance, "write_manifest", _killed)
        else:
            moved = simulator.advance.Path.replace

            def replace(path, target):
                if "staged" in path.parts and path.name == place:
                    _killed()
                return moved(path, target)

            monkeypatch.setattr(simulator.advance.Path, "replace", replace)
        return monkeypatch

    return break_off


def _killed(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize("place", ["written", "view_agg.parquet"])
def test_a_day_that_was_killed_comes_whole_and_the_same(city, older, parts, tmp_path, place):
    shutil.copytree(city.home, tmp_path, dirs_exist_ok=True)
    patched = parts(place)
    with pytest.raises(KeyboardInterrupt):
        advance(tmp_path)
    patched.undo()

    assert read_manifest(tmp_path)["today"] == "2026-06-30"
    advance(tmp_path)

    assert read_manifest(tmp_path) == read_manifest(older.home)
    ours, theirs = (
        {
            path.relative_to(home): path
            for path in home.rglob("*")
            if path.suffix in (".parquet", ".csv", ".xlsx")
        }
        for home in (older.home, tmp_path)
    )
    assert set(ours) == set(theirs)
    for name, path in ours.items():
        if path.suffix == ".parquet":
            one, other = (
                older.rows("select count(*), bit_xor(hash(x)) from {t} as x", t=file.with_suffix(""))
                for file in (path, theirs[name])
            )
            assert one == other, name
        elif path.suffix == ".csv":
            assert path.read_bytes() == theirs[name].read_bytes(), name
