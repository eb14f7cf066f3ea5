"""Great Expectations runs on DuckDB, agrees with our count, and sees booleans only."""

from __future__ import annotations

import duckdb
import pytest
from great_expectations.execution_engine import sqlalchemy_execution_engine as engine

from data_quality.expectations import ExpectationError, build_suite, run_suites
from data_quality.measure import Measure, failing_keys, measure, open_slice
from data_quality.rules import Rule


def rule(code, good, kind="row", minimum=1.0, where="true") -> Rule:
    return Rule(code, code, kind, good, "0101", "blocker", "甲", "乙", where=where, minimum=minimum)


RULES = [
    rule("is_small", "n < 8", minimum=0.8),
    rule("is_very_small", "n < 5"),
    rule("is_odd_if_large", "n % 2 = 1", where="n > 100"),
    rule("key_unique", "key", kind="unique"),
    rule("key_present", "key", kind="not_null"),
    rule("enough", "(select count(*) from slice) between 5 and 20", kind="slice"),
    rule("same_columns", "key,n", kind="columns"),
]


@pytest.fixture
def database(tmp_path):
    slice_file = tmp_path / "slice.parquet"
    duckdb.sql(f"copy (select 'k' || n as key, n from range(10) t(n)) to '{slice_file}'")
    path = tmp_path / "rules.duckdb"
    connection = open_slice(path, slice_file, "key", RULES, {}, {"today": None})
    yield path, connection
    connection.close()


def test_both_counts_agree_and_empty_rules_are_not_asked(database):
    path, connection = database
    measures = measure(connection, RULES)
    connection.close()
    met = run_suites(path, "test", measures)
    assert met == {
        "is_small": True, "is_very_small": False, "key_unique": True, "key_present": True,
        "enough": True, "same_columns": True,
    }  # fmt: skip
    assert {item.rule.code: item.outcome for item in measures}["is_odd_if_large"] == "not_evaluable"
    duckdb.connect(str(path)).close()


def test_failing_rows_are_named_by_key(database):
    _, connection = database
    keys = failing_keys(connection, measure(connection, RULES)).to_pylist()
    codes = ("is_small", "is_very_small")
    by_rule = {code: {row["row_key"] for row in keys if row["rule_code"] == code} for code in codes}
    assert by_rule == {"is_small": {"k8", "k9"}, "is_very_small": {"k5", "k6", "k7", "k8", "k9"}}


def test_a_disagreement_is_an_error(database):
    path, connection = database
    wrong = [Measure(item.rule, item.evaluated, item.evaluated) for item in measure(connection, RULES)]
    connection.close()
    with pytest.raises(ExpectationError, match="disagree on is_very_small"):
        run_suites(path, "test", wrong)


def test_library_still_needs_the_patch(database, monkeypatch):
    """When this fails, drop `_accept_duckdb` and lift the pin."""
    path, connection = database
    measures = measure(connection, RULES)
    connection.close()
    unpatched = tuple(name for name in engine._PERSISTED_CONNECTION_DIALECTS if name != "duckdb")
    monkeypatch.setattr(engine, "_PERSISTED_CONNECTION_DIALECTS", unpatched)
    monkeypatch.setattr("data_quality.expectations._accept_duckdb", lambda: None)
    with pytest.raises(ExpectationError, match="could not evaluate rule"):
        run_suites(path, "test", measures)


def test_a_rule_that_does_not_run_is_named_without_values(tmp_path):
    slice_file = tmp_path / "slice.parquet"
    duckdb.sql(f"copy (select '13812345678' as key) to '{slice_file}'")
    rules = [rule("fine", "true"), rule("broken", "cast(key || 'x' as integer) > 0")]
    with pytest.raises(RuntimeError, match="'broken'") as caught:
        open_slice(tmp_path / "rules.duckdb", slice_file, "key", rules, {}, {"today": None})
    assert "13812345678" not in str(caught.value)


def test_the_suite_carries_rule_and_owner():
    suite = build_suite("test", RULES[:1])
    assert suite.expectations[0].meta == {"rule": "is_small", "indicator": "0101", "owner": "甲"}
