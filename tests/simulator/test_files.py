"""The files: the contracts' columns and keys, the same for the same seed, nothing half done."""

import json

import pytest

from simulator import SYSTEMS
from simulator.cli import main
from simulator.contract import source_tables
from simulator.generate import generate

TABLES = [(system, table) for system in SYSTEMS for table in source_tables(system)]


@pytest.mark.parametrize(("system", "table"), TABLES)
def test_a_source_table_has_the_contracts_columns_and_unique_keys(city, system, table):
    contract = source_tables(system)[table]
    columns = city.rows("describe select * from {t}", t=f"simulator/{system}/{table}")
    rows, keys = city.rows(
        f"select count(*), count(distinct ({', '.join(contract.primary_key)})) from {{t}}",
        t=f"simulator/{system}/{table}",
    )[0]

    assert [name for name, *_ in columns] == list(contract.column_names)
    assert rows == keys > 0


def test_required_columns_and_enumerations_hold(city):
    import yaml

    from simulator import SOURCES

    for system in SYSTEMS:
        contract = yaml.safe_load((SOURCES / system / "contract.yaml").read_text(encoding="utf-8"))
        for table in contract["schema"]:
            for column in table["properties"]:
                allowed = ", ".join(f"'{entry['value']}'" for entry in column.get("enum", []))
                bad = [f"{column['name']} is null"] if column.get("required") else []
                bad += [f"{column['name']} not in ({allowed})"] if allowed else []
                for condition in bad:
                    count = city.value(
                        f"select count(*) from {{t}} where {condition}",
                        t=f"simulator/{system}/{table['name']}",
                    )
                    assert count == 0, f"{system}.{table['name']}: {condition}"


def test_the_same_seed_gives_the_same_bytes_whatever_the_threads(city, tmp_path):
    generate(tmp_path, city.scale, city.seed, threads=1)

    for path in sorted(city.home.rglob("*.parquet")):
        other = tmp_path / path.relative_to(city.home)
        assert rows_hash(city, path) == rows_hash(city, other), path.name


def rows_hash(city, path):
    return city.rows("select count(*), bit_xor(hash(row)) from {f} as row", f=path.with_suffix(""))


def test_another_seed_gives_another_city_and_another_mixture(city, tmp_path):
    generate(tmp_path, city.scale, city.seed + 1)

    ours = {
        path.name: path.read_bytes() for path in (city.home / "simulator" / "population").glob("*.parquet")
    }
    for path in (tmp_path / "simulator" / "population").glob("*.parquet"):
        assert path.read_bytes() != ours[path.name]


def test_generating_again_is_no_work_and_an_unfinished_city_is_no_city(city):
    manifest = city.home / "simulator" / "manifest.json"
    before = {path: path.stat().st_mtime_ns for path in city.home.rglob("*.parquet")}

    generate(city.home, city.scale, city.seed)

    assert json.loads(manifest.read_text())["seed"] == city.seed
    assert {path: path.stat().st_mtime_ns for path in city.home.rglob("*.parquet")} == before
    assert not (city.home / "simulator" / "scratch").exists()


def test_messages_go_out_in_one_order_on_the_topics_of_the_contract(city):
    rows, first, last, topics, oddly_sent = city.rows(
        "select count(*), min(publish_order), max(publish_order), list(distinct split_part(topic, '/', 4)), "
        "count(*) filter (quality_of_service <> 1) from {m}",
        m="simulator/safety_devices/messages",
    )[0]

    assert (first, last) == (1, rows)
    assert set(topics) == set(source_tables("safety_devices"))
    assert oddly_sent == 0


def test_list_says_what_is_there_and_what_to_do_where_nothing_is(city, tmp_path, capsys):
    assert main(["list", "--home", str(city.home)]) == 0
    assert "simulator/population/hj_person.parquet" in capsys.readouterr().out

    assert main(["list", "--home", str(tmp_path)]) == 1
    assert "python -m simulator generate" in capsys.readouterr().out
