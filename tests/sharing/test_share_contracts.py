"""A share that the law or the classification forbids does not load."""

from __future__ import annotations

from datetime import date

import pytest
import yaml

from pipelines.contracts import load_departments
from pipelines.lake.levels import column_levels
from pipelines.settings import Settings
from sharing.contracts import ContractError, load_share, load_share_contracts
from sharing.projection import compile_projection

FOLDER = Settings().shares_dir
LEVELS = column_levels(Settings().dbt_project)
PATH = FOLDER / "civil_affairs" / "elderly_living_alone.yaml"


def changed(tmp_path, change, name="elderly_living_alone"):
    content = yaml.safe_load(PATH.read_text())
    change(content)
    target = tmp_path / "civil_affairs" / f"{name}.yaml"
    target.parent.mkdir(parents=True)
    target.write_text(yaml.safe_dump(content, allow_unicode=True))
    return load_share(target, LEVELS)


def column(content, name):
    return next(item for item in content["schema"][0]["properties"] if item["name"] == name)


def custom(content, name):
    return next(item for item in content["customProperties"] if item["property"] == name)


def referring_to(query):
    """A change: a reference whose rows are those of `query`."""
    return lambda content: custom(content, "references")["value"].update(rows=query)


def made_of(table, key, address):
    """A change: a share of two columns of `table`, its key under a pseudonym and `address` as it is."""

    def change(content):
        custom(content, "source_table").update(value=table)
        kept = [column(content, "person_token"), column(content, "address")]
        kept[0].update(transformSourceObjects=[key])
        kept[1].update(transformSourceObjects=[address])
        content["schema"][0]["properties"] = kept
        custom(content, "grant")["value"].update(columns=["person_token", "address"])

    return change


def sensitive(content, basis="《未成年人保护法》第一百一十二条"):
    made_of("sensitive.sensitive_minors", "person_id", "community_code")(content)
    column(content, "address").update(transformLogic="pseudonym")
    content["customProperties"].append({"property": "sensitive_basis", "value": basis})


BROKEN = {
    "L4 leaves": (lambda c: column(c, "address").update(classification="L4"), "carries only"),
    "unclassified": (
        lambda c: column(c, "address").pop("classification"),
        "classification of column address is missing",
    ),
    "no table": (lambda c: c.pop("schema"), "must describe one table"),
    "a table without columns": (lambda c: c["schema"][0].pop("properties"), "primary key"),
    "a column without a name": (lambda c: column(c, "address").pop("name"), "has no name"),
    "no label": (lambda c: c.pop("name"), "name is missing"),
    "no purpose": (lambda c: c.pop("description"), "description/purpose is missing"),
    "a plain name": (
        lambda c: column(c, "name_masked").update(transformLogic="keep"),
        "leave unmasked",
    ),
    "an unknown mask": (
        lambda c: column(c, "name_masked").update(transformLogic="rot13"),
        "out of",
    ),
    "no need stated": (lambda c: column(c, "address").pop("description"), "why the purpose needs it"),
    "a column not granted": (
        lambda c: custom(c, "grant")["value"]["columns"].remove("address"),
        "granted ones",
    ),
    "no legal basis": (lambda c: custom(c, "legal_basis").update(value=""), "lack legal_basis"),
    "a source of sensitive people": (
        lambda c: custom(c, "source_table").update(value="sensitive.sensitive_minors"),
        "sensitive_basis",
    ),
    "a reference to sensitive people": (
        lambda c: custom(c, "references")["value"].update(minors="from {sensitive.sensitive_minors}"),
        "sensitive_basis",
    ),
    "a control on sensitive people": (
        lambda c: custom(c, "controls")["value"].update(minors="from {Sensitive.sensitive_minors}"),
        "sensitive_basis",
    ),
    "a control on a table by its own name": (
        lambda c: custom(c, "controls")["value"].update(minors='from lake."Sensitive" . sensitive_minors'),
        "names sensitive.sensitive_minors directly",
    ),
    "a control over the whole city for a county": (
        lambda c: (
            custom(c, "grant")["value"].update(region_code="340402"),
            custom(c, "controls")["value"].update(links="select count(*) from {core.person_links}"),
        ),
        "links reads core.person_links, which has no community_code",
    ),
    "a control over the whole city beside a bounded one": (
        lambda c: (
            custom(c, "grant")["value"].update(region_code="340402"),
            custom(c, "controls")["value"].update(
                links="select (select count(*) from {core.person_links}) + count(*) from {core.dim_persons}"
            ),
        ),
        "links reads core.person_links, which has no community_code",
    ),
    **{
        f"a region of {digits} digits": (
            lambda c, code=code: custom(c, "grant")["value"].update(region_code=code),
            "is no code of a city",
        )
        for digits, code in ((5, "34040"), (8, "34040200"), (15, "340402001001001"))
    },
    "sensitive people without conditions": (
        lambda c: (sensitive(c), custom(c, "share_class").update(value="无条件共享")),
        "alone",
    ),
    "the sensitive by a subquery for a table": (
        lambda c: custom(c, "source_table").update(value="(select * from lake.sensitive.sensitive_minors)"),
        "no table that a model describes",
    ),
    "a column that is SQL": (
        lambda c: column(c, "address").update(
            transformSourceObjects=["address from lake.sensitive.sensitive_minors as source --"]
        ),
        "is no name",
    ),
    "a type that is SQL": (
        lambda c: column(c, "address").update(physicalType="varchar) as x, (phone"),
        "is none of",
    ),
    "a region that is SQL": (
        lambda c: custom(c, "grant")["value"].update(region_code="3404' or true --"),
        "is no code of a city",
    ),
    "an empty region": (lambda c: custom(c, "grant")["value"].update(region_code=""), "is no code of a city"),
    "a grant that ends before it begins": (
        lambda c: custom(c, "grant")["value"].update(expires_on=date(2020, 1, 1)),
        "in that order",
    ),
    "other letters for a name": (
        lambda c: column(c, "address").update(transformSourceObjects=["NAME"]),
        "is no name",
    ),
    "a day of birth": (
        lambda c: column(c, "last_verified_date").update(transformSourceObjects=["birth_date"]),
        "leave unmasked",
    ),
    "an identity number as the key": (
        lambda c: column(c, "person_token").update(
            transformSourceObjects=["id_number"], transformLogic="keep"
        ),
        "leave unmasked",
    ),
    "a key that is no pseudonym": (
        lambda c: column(c, "person_token").update(
            transformSourceObjects=["house_code"], transformLogic="keep"
        ),
        "must be masked",
    ),
    "an owner's name": (
        made_of("core.dim_houses_history", "house_code", "owner_name"),
        "owner_name is L3",
    ),
    "an L4 column under another name": (
        made_of("core.dim_persons", "person_id", "is_minor"),
        "is_minor is L4",
    ),
    "an address called harmless": (lambda c: column(c, "address").update(classification="L2"), "its source"),
    "rows of staging": (
        lambda c: custom(c, "source_table").update(value="staging.stg_civil_affairs__benefits"),
        "a share is made of",
    ),
    "a reference to landed rows": (
        referring_to("from {landing.population__hj_person}"),
        "it reads landing",
    ),
    "a reference to a file": (
        referring_to("from read_csv('/etc/passwd')"),
        "it may read tables",
    ),
    **{
        f"a file by its name, {where}": (
            referring_to(query),
            "may be a file",
        )
        for where, query in {
            "as a table": "from 'people.parquet'",
            "beside a table": "select * from {core.dim_communities} positional join 'people.csv'",
            "in a subquery": "select (select count(*) from 'people.csv') from {core.dim_communities}",
            "in a common table expression": "with a as (from 'people.csv') from a",
            "outside the scope of its name": (
                """with a as (with "p.csv" as (select 1) from "p.csv") select * from a, 'p.csv'"""
            ),
            "before its name": """with a as (from 'p.csv'), "p.csv" as (select 1) from a""",
            "in what is named like it": """with "p.csv" as (from 'p.csv') from "p.csv\"""",
            "unpivoted": "from (unpivot 'people.csv' on a)",
            "in quotes with its mark": 'from "{core.dim_communities}"',
        }.items()
    },
    "the engine's own tables": (
        referring_to("from duckdb_settings"),
        "names no schema",
    ),
    **{
        f"a reference to {what}": (
            referring_to(query),
            "describes or lists tables",
        )
        for what, query in {
            "a description": "describe {core.dim_persons}",
            "a summary": "select * from (summarize {core.dim_persons})",
            "a list of tables": "from (show tables)",
        }.items()
    },
    "two statements": (
        lambda c: custom(c, "controls")["value"].update(rows="select 1; drop table core.dim_persons"),
        "not one select",
    ),
    "a rule at a column that says nothing": (
        lambda c: column(c, "address").update(quality=[{"name": "broken", "type": "custom"}]),
        "needs a name",
    ),
    "a rule of the grant's own": (
        lambda c: c["schema"][0]["quality"][0].update(name="grant_valid"),
        "by itself",
    ),
    "may not be shared": (lambda c: custom(c, "share_class").update(value="不予共享"), "may be given"),
}


@pytest.mark.parametrize(("change", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_forbidden_contract_does_not_load(tmp_path, change, message):
    with pytest.raises(ContractError, match=message):
        changed(tmp_path, change)


def test_sensitive_people_are_shared_only_on_a_named_legal_basis(tmp_path):
    assert changed(tmp_path, sensitive).sensitive_basis
    with pytest.raises(ContractError, match="sensitive_basis"):
        changed(tmp_path / "blank", lambda content: sensitive(content, basis=" "))


def test_a_table_of_core_is_shared_by_its_harmless_columns(tmp_path):
    shared = changed(tmp_path, made_of("core.dim_persons", "person_id", "residence_address"))
    assert [column.source for column in shared.columns] == ["person_id", "residence_address"]


@pytest.mark.parametrize(
    "query",
    [
        "with a as (from {core.dim_communities}), B as (from a) select * from b",
        "with recursive r as (select 1 as i union all select i + 1 from r where i < 3) from r",
        "with a as (from {core.dim_communities}) from a where exists (with c as (from a) from c)",
    ],
)
def test_a_query_may_name_its_parts(tmp_path, query):
    shared = changed(tmp_path, referring_to(query))
    assert shared.references["rows"] == query


def test_a_rule_written_at_a_column_is_a_rule(tmp_path):
    def change(content):
        rule = next(item for item in content["schema"][0]["quality"] if item["name"] == "community_complete")
        column(content, "address").update(quality=[{**rule, "name": "at_the_column"}])

    assert "at_the_column" in {rule.code for rule in changed(tmp_path, change).rules}


def test_a_contract_lies_where_its_grant_says(tmp_path):
    with pytest.raises(ContractError, match="it belongs at"):
        changed(tmp_path, lambda _: None, name="another")


def test_all_contracts_load_by_subject():
    contracts = load_share_contracts(FOLDER, LEVELS, load_departments(Settings().sources_dir))
    assert contracts["civil_affairs/elderly_living_alone"].department == "civil_affairs"


@pytest.mark.parametrize(
    ("departments", "said"),
    [
        ({"civil_affairs": "市民政和社会局"}, "'civil_affairs' is 市民政和社会局"),
        ({"civil": "市民政局"}, "'civil' is 市民政局"),
        ({"civil_affairs": "市民政局", "data_bureau": "市数据资源管理局"}, None),
        ({"data_bureau": "市数据资源管理局"}, None),
    ],
)
def test_a_recipient_is_spelled_as_in_the_list_of_departments(departments, said):
    """Whom the list lacks, because it answers for no data, may receive too."""
    if said is None:
        assert load_share_contracts(FOLDER, LEVELS, departments)
        return
    with pytest.raises(ContractError, match=said):
        load_share_contracts(FOLDER, LEVELS, departments)


def test_the_projection_reads_nothing_that_was_not_granted():
    query = compile_projection(load_share(PATH, LEVELS), 7)
    assert "at (version => 7)" in query
    for never in ("id_number", "phone", "birth_date", "sex_code"):
        assert never not in query
