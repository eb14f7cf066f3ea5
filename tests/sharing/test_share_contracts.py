"""A share that the law or the classification forbids does not load."""

from __future__ import annotations

import pytest
import yaml

from pipelines.settings import Settings
from sharing.contracts import ContractError, load_share, load_share_contracts
from sharing.projection import compile_projection

FOLDER = Settings().shares_dir
PATH = FOLDER / "civil_affairs" / "elderly_living_alone.yaml"


def changed(tmp_path, change, name="elderly_living_alone"):
    content = yaml.safe_load(PATH.read_text())
    change(content)
    target = tmp_path / "civil_affairs" / f"{name}.yaml"
    target.parent.mkdir(parents=True)
    target.write_text(yaml.safe_dump(content, allow_unicode=True))
    return load_share(target)


def column(content, name):
    return next(item for item in content["schema"][0]["properties"] if item["name"] == name)


def custom(content, name):
    return next(item for item in content["customProperties"] if item["property"] == name)


def sensitive(content, basis="《未成年人保护法》第一百一十二条"):
    custom(content, "source_table").update(value="sensitive.sensitive_minors")
    content["customProperties"].append({"property": "sensitive_basis", "value": basis})


BROKEN = {
    "L4 leaves": (lambda c: column(c, "address").update(classification="L4"), "carries only"),
    "unclassified": (lambda c: column(c, "address").pop("classification"), "carries only"),
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
        lambda c: custom(c, "controls")["value"].update(minors='from lake."Sensitive" . sensitive_minors'),
        "sensitive_basis",
    ),
    "sensitive people without conditions": (
        lambda c: (sensitive(c), custom(c, "share_class").update(value="无条件共享")),
        "alone",
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


def test_a_contract_lies_where_its_grant_says(tmp_path):
    with pytest.raises(ContractError, match="it belongs at"):
        changed(tmp_path, lambda content: None, name="another")


def test_all_contracts_load_by_subject():
    contracts = load_share_contracts(FOLDER)
    assert contracts["civil_affairs/elderly_living_alone"].department == "civil_affairs"


def test_the_projection_reads_nothing_that_was_not_granted():
    query = compile_projection(load_share(PATH), 7)
    assert "at (version => 7)" in query
    for never in ("id_number", "phone", "birth_date", "sex_code"):
        assert never not in query
