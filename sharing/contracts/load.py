"""Load a share contract: what is shared with whom, for which purpose, masked how, under which rules.

The YAML follows the Open Data Contract Standard; what sharing law requires beyond it is in
`customProperties`. A contract that violates the law or the classification does not load.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from open_data_contract_standard.model import OpenDataContractStandard, SchemaObject, SchemaProperty

from data_quality.rules import STEWARD, Rule, name_of, rules_of
from sharing.contracts.model import Column, ContractError, Grant, ShareContract
from sharing.contracts.policy import Levels, check_policy
from sharing.contracts.queries import REGION_COLUMN
from sharing.masking import MASKS

# Every contract has this rule, which fails when its grant is not in force.
GRANT_RULE = "grant_valid"
# Columns from which the region of a delivered row can be determined.
REGION_SOURCES = ("community_code", "town_code", "county_code")
NEEDED = ("source_table", "share_class", "legal_basis", "impact_assessment", "grant")


def load_share(path: Path, levels: Levels) -> ShareContract:
    """Load and validate one share contract.

    Args:
        path: `<department>/<dataset>.yaml`.
        levels: the models' classification of the columns of each described table.

    Raises:
        ContractError: names the file, what is wrong and what is allowed.
    """
    text = path.read_text(encoding="utf-8")
    try:
        regional = frozenset(table for table, columns in levels.items() if REGION_COLUMN in columns)
        contract = replace(_parse(OpenDataContractStandard.from_string(text), text), regional=regional)
        check_policy(contract, levels)
        if (path.parent.name, path.stem) != (contract.department, contract.dataset):
            raise ContractError(f"it belongs at {contract.department}/{contract.dataset}.yaml")
    except (ValueError, KeyError, TypeError) as error:
        raise ContractError(f"Share contract {path.parent.name}/{path.name}: {error}") from None
    return contract


def load_share_contracts(
    folder: Path, levels: Levels, departments: Mapping[str, str]
) -> dict[str, ShareContract]:
    """Load every contract under `<folder>/<department>/<dataset>.yaml`, by `department/dataset`.

    Args:
        folder: the folder of a folder for each department.
        levels: the models' classification of the columns of each described table.
        departments: the names of the departments that answer for data, by code.

    Raises:
        ContractError: names the file, what is wrong and what is allowed.
    """
    contracts = [load_share(path, levels) for path in sorted(folder.glob("*/*.yaml"))]
    for contract in contracts:
        _check_recipient(contract, departments)
    return {contract.subject: contract for contract in contracts}


def _check_recipient(contract: ShareContract, departments: Mapping[str, str]) -> None:
    """Reject a department that is spelled otherwise than in the list; whom the list lacks may receive too."""
    code, name = contract.grant.department, contract.grant.department_name
    listed = {other: called for other, called in departments.items() if other == code or called == name}
    if listed and listed != {code: name}:
        said = ", ".join(f"'{other}' is {called}" for other, called in listed.items())
        raise ContractError(
            f"Share contract {contract.subject}.yaml: its grant is for {name} with the code '{code}', and in "
            f"the list of departments {said}. Write it as there, if the grant says so too."
        )


def terms_of(text: str) -> ShareContract:
    """Return a contract as it was once in force, without checking whether it would be allowed today.

    Raises:
        ContractError: it can no longer be read as a share contract.
    """
    try:
        return _parse(OpenDataContractStandard.from_string(text), text)
    except (ValueError, KeyError, TypeError) as error:
        raise ContractError(f"a delivered contract cannot be read: {error}") from None


def _parse(standard: OpenDataContractStandard, text: str) -> ShareContract:
    extra: dict[str, Any] = {
        item.property: item.value for item in standard.customProperties or [] if item.property
    }
    missing = [name for name in NEEDED if not extra.get(name)]
    if missing:
        raise ContractError(f"customProperties lack {', '.join(missing)}")
    table = _only_table(standard)
    properties = table.properties or []
    keys = [name_of(item) for item in properties if item.primaryKey]
    if len(keys) != 1:
        raise ContractError("exactly one column must be the primary key, the recipient's pseudonym")
    grant = extra["grant"]
    purpose = standard.description.purpose if standard.description else None
    return ShareContract(
        dataset=_given(table.name, "the name of the table"),
        label=_given(standard.name, "name"),
        purpose=_given(purpose, "description/purpose"),
        text=text,
        source_table=extra["source_table"],
        share_class=extra["share_class"],
        sensitive_basis=(extra.get("sensitive_basis") or "").strip(),
        columns=tuple(_column(item) for item in properties),
        grant=Grant(**{**grant, "columns": tuple(grant["columns"])}),
        rules=_rules(table, properties),
        references=extra.get("references") or {},
        controls=extra.get("controls") or {},
        formats=tuple((extra.get("delivery") or {}).get("formats", ["parquet"])),
        key=keys[0],
    )


def _only_table(standard: OpenDataContractStandard) -> SchemaObject:
    tables = standard.schema_ or []
    if len(tables) != 1:
        raise ContractError(f"schema must describe one table, the one that is delivered; found {len(tables)}")
    return tables[0]


def _given(value: str | None, what: str) -> str:
    if not value:
        raise ContractError(f"{what} is missing")
    return value


def _rules(table: SchemaObject, properties: list[SchemaProperty]) -> tuple[Rule, ...]:
    """Return the contract's rules and those of its grant: in force, and no rows from outside its region."""
    written = rules_of(table)
    codes = [
        name_of(item)
        for item in properties
        if {*(item.transformSourceObjects or [])} & {*REGION_SOURCES} and item.transformLogic == "keep"
    ]
    within = "starts_with({0}, control.granted_region) or starts_with(control.granted_region, {0})"
    in_force = "(select today between granted_on and expires_on from control)"
    granted = [
        Rule(
            code="region_granted", label="在授权区域内", kind="row", indicator="0106", severity="blocker",
            good=" and ".join(f"coalesce({within.format(code)}, true)" for code in codes) or "true",
            owner=STEWARD, reason="授权区域之外的人一行也不能给",
        ),
        Rule(
            code=GRANT_RULE, label="授权在有效期内", kind="slice", indicator="0602", severity="blocker",
            good=in_force, observed=in_force, bound="true", owner=STEWARD, reason="授权未生效或已到期即停供",
        ),
    ]  # fmt: skip
    twice = sorted({rule.code for rule in written} & {rule.code for rule in granted})
    if twice:
        raise ContractError(f"rule {', '.join(twice)} follows from the grant by itself; give another name")
    return (*written, *granted)


def _column(item: SchemaProperty) -> Column:
    sources = item.transformSourceObjects or []
    if len(sources) != 1 or item.transformLogic not in MASKS:
        raise ContractError(
            f"column {item.name} needs one transformSourceObjects and a transformLogic out of {sorted(MASKS)}"
        )
    if not item.description:
        raise ContractError(f"column {item.name} does not say (description) why the purpose needs it")
    return Column(
        name_of(item), sources[0], item.transformLogic, item.physicalType or "varchar",
        _given(item.classification, f"classification of column {item.name}"),
        item.businessName or name_of(item), item.description,
    )  # fmt: skip
