"""What is not granted any more is not served any more, and a grant for a part of the city can be met."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import duckdb
import pytest

from pipelines.delivery import share_gate
from pipelines.operations.status import platform_status
from sharing.catalogue import list_shares, share_history
from sharing.excess import excess_of
from sharing.ledger import verify_ledger
from sharing.projection import ProjectionError, compile_projection
from sharing.verification import verify_deliveries
from tests.support.changed_contracts import column, granted, with_contract, without

TODAY = date(2026, 6, 30)
COUNTY = "340403"


def keep_only_year(content):
    column(content, "living_alone_month").update(transformLogic="pseudonym")
    column(content, "living_alone_month").pop("logicalTypeOptions")
    content["schema"][0]["quality"] = [
        rule for rule in content["schema"][0]["quality"] if "living_alone_month" not in str(rule)
    ]


NARROWER = {
    "a county": (lambda c: granted(c, region_code=COUNTY), "授权区域由 3404 改为 340403", "covers 3404"),
    "one column less": (
        lambda c: without(c, "grid_code"),
        "列 grid_code 不再授权",
        "grid_code is not granted",
    ),
    "a stronger mask": (keep_only_year, "由 month varchar 改为 pseudonym", "went out as month"),
    "another purpose": (lambda c: granted(c, purpose="census"), "用途由 home_visit", "given for home_visit"),
    "a higher level": (
        lambda c: column(c, "grid_code").update(classification="L3"),
        "列 grid_code 由 L2 级改为 L3 级",
        "is L3 now",
    ),
}


def verdicts(city):
    with city.state() as state:
        return [row["verdict"] for row in share_history(state, "civil_affairs", "elderly_living_alone")]


@pytest.mark.parametrize(("change", "notice", "told"), NARROWER.values(), ids=NARROWER.keys())
def test_a_version_beyond_the_grant_goes_when_the_new_one_does_not_pass(city, tmp_path, change, notice, told):
    city.gate()
    narrowed = with_contract(city, tmp_path, change)
    narrowed.build(city.bulk_edit)
    stopped = narrowed.gate()
    assert (stopped.status, stopped.serving_version) == ("withdrawn", None)
    assert notice in stopped.notice and "已停止提供" in stopped.notice
    assert told in stopped.next_step and stopped.next_step.isascii()
    assert not (city.shelf / "current").is_symlink()
    # Asked again, it stays so, and nothing is decided twice.
    again = narrowed.gate()
    assert (again.status, again.ledger_entry) == ("withdrawn", stopped.ledger_entry)
    assert verdicts(city) == ["withdraw", "pass"]
    with city.state() as state:
        assert verify_ledger(state, city.folders.secrets).is_whole
        assert verify_deliveries(state, city.folders.shares, city.folders.secrets) == ()


def test_what_was_given_more_freely_or_of_another_table_is_beyond_the_grant(city):
    today = city.contract
    freely = replace(today, share_class="无条件共享")
    assert [item.notice for item in excess_of(freely, today)] == ["共享属性由无条件共享改为有条件共享"]
    assert excess_of(today, freely) == excess_of(today, today) == ()
    (other,) = excess_of(replace(today, source_table="core.dim_persons"), today)
    assert other.told == f"it was made of core.dim_persons, and the grant is of {today.source_table}"


def test_a_wider_grant_keeps_what_was_served(city, tmp_path):
    county = with_contract(city, tmp_path / "county", lambda c: granted(c, region_code=COUNTY))
    assert county.gate().status == "published"
    city.build(city.bulk_edit)
    assert (city.gate().status, city.gate().serving_version) == ("blocked", "000001")


def test_a_changed_contract_beside_the_served_version_shows_nothing(city, tmp_path):
    city.gate()
    served = city.shelf / "000001" / "contract.yaml"
    served.write_text(served.read_text().replace('region_code: "3404"', 'region_code: "340403"'))
    narrowed = with_contract(city, tmp_path, lambda c: granted(c, region_code=COUNTY))
    narrowed.build(city.bulk_edit)
    assert (narrowed.gate().status, verdicts(city)) == ("withdrawn", ["withdraw", "pass"])


def test_a_version_beyond_the_grant_goes_also_where_nothing_can_be_judged(city, tmp_path):
    city.gate()
    narrowed = with_contract(city, tmp_path, lambda c: granted(c, region_code=COUNTY))
    settings = narrowed.settings.model_copy(update={"today": TODAY})

    def no_good_build():
        raise LookupError("No build has ended well.")

    with pytest.raises(LookupError, match="No build"):
        share_gate.gate(settings, narrowed.contract, no_good_build)
    assert not (city.shelf / "current").is_symlink()


def told_of_shares(settings):
    """What status says is wrong with shares, and what to do."""
    found = platform_status(settings)["problems"]
    return [
        (row["what"], row["what_to_do"]) for row in found if row["where"].startswith("civil_affairs/elderly")
    ]


def test_the_auditor_and_the_operator_see_that_more_is_served_than_granted(city, tmp_path):
    city.gate()
    settings = city.settings.model_copy(update={"today": TODAY})
    assert told_of_shares(settings) == [] and share_gate.verify(settings)[1] == []
    narrowed = with_contract(city, tmp_path, lambda c: granted(c, region_code=COUNTY))
    settings = narrowed.settings.model_copy(update={"today": TODAY})
    ((what, _),) = told_of_shares(settings)
    assert "version 000001 is served beyond its grant: it covers 3404, and the grant 340403" in what
    (problem,) = share_gate.verify(settings)[1]
    assert "civil_affairs/elderly_living_alone serves version 000001, and it covers 3404" in problem
    later = city.settings.model_copy(update={"today": date(2027, 1, 4)})
    assert "grant is not in force" in share_gate.verify(later)[1][0]


def test_the_operator_is_told_how_a_stopped_supply_goes_on(city, tmp_path):
    city.gate()
    settings = city.settings.model_copy(update={"today": TODAY})
    share_gate.withdraw(settings, city.contract.subject)
    ((what, step),) = told_of_shares(settings)
    assert "its grant runs until 2026-12-31" in what and "`brain publish` brings it" in step
    later = settings.model_copy(update={"today": date(2027, 1, 4)})
    assert "Renew the grant" in told_of_shares(later)[0][1]
    city.gate()
    narrowed = with_contract(city, tmp_path, lambda c: granted(c, region_code=COUNTY))
    narrowed.build(city.bulk_edit)
    run = narrowed.gate().gate_run_id
    assert f"brain quality show {run}" in told_of_shares(settings)[0][1]
    with city.state() as state:
        (listed,) = list_shares([narrowed.contract], state, city.folders.shares)
    assert (listed["last_verdict"], listed["last_score"]) == ("withdraw", None)


def test_a_grant_for_a_county_is_met_by_the_shipped_rules(city, tmp_path):
    whole = city.gate()
    county = with_contract(city, tmp_path, lambda c: granted(c, region_code=COUNTY))
    outcome = county.gate()
    assert (outcome.status, outcome.failed_rules, outcome.serving_version) == ("published", (), "000002")
    assert 0 < outcome.row_count < whole.row_count
    delivered = duckdb.sql(f"select distinct county_code from '{county.shelf}/current/data.parquet'")
    assert delivered.fetchall() == [(COUNTY,)]
    # The sums are the county's own: what is wrong there shows, and what is wrong elsewhere does not matter.
    county.build(f"update core.dim_persons set residence_house_code = null where community_code < '{COUNTY}'")
    assert county.gate().passed
    county.build(
        f"update core.dim_persons set residence_house_code = null where community_code like '{COUNTY}%' "
        "and hash(person_id) % 10 = 0"
    )
    assert "elders_have_a_home" in county.gate().failed_rules


def test_rows_that_a_county_s_slice_lacks_are_noticed(city, tmp_path):
    county = with_contract(city, tmp_path, lambda c: granted(c, region_code=COUNTY))
    assert county.gate().passed
    whole = compile_projection(county.contract, 0)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            "sharing.projection.compile_projection",
            lambda *_: whole.replace(" at (version => 0)", "") + " and source.person_id > 'P00000100'",
        )
        assert "equals_source_total" in county.gate().failed_rules


def test_a_region_that_the_city_does_not_have_is_no_region(city, tmp_path):
    city.gate()
    nowhere = with_contract(city, tmp_path, lambda c: granted(c, region_code="340499"))
    settings = nowhere.settings.model_copy(update={"today": TODAY})
    with pytest.raises(ProjectionError, match="is none of the city's divisions"):
        share_gate.gate(settings, nowhere.contract, lambda: city.read("from lake.current_snapshot()")[0][0])
    assert not (city.shelf / "current").is_symlink()
