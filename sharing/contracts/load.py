"""A share contract: what is given to whom, for which purpose, masked how, under which rules.

The YAML is Open Data Contract Standard; what the sharing law asks beyond it is
in `customProperties`. A contract that the law or the classification forbids
does not load.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from open_data_contract_standard.model import OpenDataContractStandard, SchemaProperty

from data_quality.rules import Rule, rule_set_hash, rules_of
from sharing.masking import MASKS

SHARE_CLASSES = ("无条件共享", "有条件共享", "不予共享")
DELIVERABLE = ("L1", "L2", "L3")
# Columns of core that identify or reach a person: none may leave as it is.
NEVER_PLAIN = {"person_id", "id_number", "name", "birth_date", "phone", "age_years"}
RELATION = re.compile(r"\{(\w+)\.(\w+)\}")
# Anything of the lake's schema of sensitive people, however it is written.
SENSITIVE_INPUT = re.compile(r"\bsensitive\b\"?\s*\.", re.IGNORECASE)
NEEDED = ("source_table", "share_class", "legal_basis", "impact_assessment", "grant")


class ContractError(ValueError):
    """The contract may not be used; says what is wrong and where."""


@dataclass(frozen=True)
class Column:
    """A delivered column: where it comes from and how it is masked."""

    name: str
    source: str
    mask: str
    type: str
    classification: str
    label: str
    need: str


@dataclass(frozen=True)
class Grant:
    """Who may have it: department × purpose × columns × region × time."""

    department: str
    department_name: str
    purpose: str
    columns: tuple[str, ...]
    region_code: str
    granted_by: str
    granted_on: date
    expires_on: date


@dataclass(frozen=True)
class ShareContract:
    """One dataset for one department, checked."""

    dataset: str
    label: str
    purpose: str
    text: str
    source_table: str
    share_class: str
    sensitive_basis: str
    columns: tuple[Column, ...]
    grant: Grant
    rules: tuple[Rule, ...]
    references: dict[str, str]
    controls: dict[str, str]
    formats: tuple[str, ...]
    key: str

    @property
    def department(self) -> str:
        """The receiving department."""
        return self.grant.department

    @property
    def subject(self) -> str:
        """`department/dataset`, the name of the share everywhere."""
        return f"{self.department}/{self.dataset}"

    @property
    def contract_hash(self) -> str:
        """Fingerprint of the contract's text."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def rule_set_hash(self) -> str:
        """Fingerprint of all rules, written and implied."""
        return rule_set_hash(self.rules)


def load_share(path: Path) -> ShareContract:
    """Read and check one share contract.

    Raises:
        ContractError: names the file, what is wrong and what is allowed.
    """
    text = path.read_text(encoding="utf-8")
    try:
        contract = _parse(OpenDataContractStandard.from_string(text), text)
        _check(contract, path)
    except (ValueError, KeyError, TypeError) as error:
        raise ContractError(f"Share contract {path.parent.name}/{path.name}: {error}") from None
    return contract


def load_share_contracts(folder: Path) -> dict[str, ShareContract]:
    """Every contract under `<folder>/<department>/<dataset>.yaml`, by `department/dataset`."""
    contracts = (load_share(path) for path in sorted(folder.glob("*/*.yaml")))
    return {contract.subject: contract for contract in contracts}


def _parse(standard: OpenDataContractStandard, text: str) -> ShareContract:
    extra = {item.property: item.value for item in standard.customProperties or []}
    missing = [name for name in NEEDED if not extra.get(name)]
    if missing:
        raise ContractError(f"customProperties lack {', '.join(missing)}")
    (table,) = standard.schema_ or [None]
    keys = [item.name for item in table.properties if item.primaryKey]
    if len(keys) != 1:
        raise ContractError("exactly one column must be the primary key, the recipient's pseudonym")
    grant = extra["grant"]
    return ShareContract(
        dataset=table.name,
        label=standard.name,
        purpose=standard.description.purpose,
        text=text,
        source_table=extra["source_table"],
        share_class=extra["share_class"],
        sensitive_basis=(extra.get("sensitive_basis") or "").strip(),
        columns=tuple(_column(item) for item in table.properties),
        grant=Grant(**{**grant, "columns": tuple(grant["columns"])}),
        rules=tuple(rules_of(table)),
        references=extra.get("references") or {},
        controls=extra.get("controls") or {},
        formats=tuple((extra.get("delivery") or {}).get("formats", ["parquet"])),
        key=keys[0],
    )


def _column(item: SchemaProperty) -> Column:
    sources = item.transformSourceObjects or []
    if len(sources) != 1 or item.transformLogic not in MASKS:
        raise ContractError(
            f"column {item.name} needs one transformSourceObjects and a transformLogic out of {sorted(MASKS)}"
        )
    if item.classification not in DELIVERABLE:
        raise ContractError(
            f"column {item.name} is classified {item.classification}; a share carries only {DELIVERABLE}"
        )
    if not item.description:
        raise ContractError(f"column {item.name} does not say (description) why the purpose needs it")
    return Column(
        item.name, sources[0], item.transformLogic, item.physicalType or "varchar",
        item.classification, item.businessName or item.name, item.description,
    )  # fmt: skip


def _check(contract: ShareContract, path: Path) -> None:
    names = tuple(column.name for column in contract.columns)
    if names != contract.grant.columns:
        extra = sorted(set(names) ^ set(contract.grant.columns)) or "their order"
        raise ContractError(f"the columns are not the granted ones; they differ in {extra}")
    plain = [c.name for c in contract.columns if c.source in NEVER_PLAIN and c.mask == "keep"]
    if plain:
        raise ContractError(f"{', '.join(plain)} would leave unmasked; choose a mask out of {sorted(MASKS)}")
    if contract.share_class not in SHARE_CLASSES[:2]:
        raise ContractError(f"share_class is {contract.share_class}; only {SHARE_CLASSES[:2]} may be given")
    _check_sensitive(contract)
    if (path.parent.name, path.stem) != (contract.department, contract.dataset):
        raise ContractError(f"it belongs at {contract.department}/{contract.dataset}.yaml")


def _check_sensitive(contract: ShareContract) -> None:
    inputs = (contract.source_table, *contract.references.values(), *contract.controls.values())
    if not any(SENSITIVE_INPUT.search(text) for text in inputs):
        return
    if not contract.sensitive_basis:
        raise ContractError(
            "it reads the schema 'sensitive'; customProperties.sensitive_basis has to name the law that lets "
            "this department have data of sensitive people"
        )
    if contract.share_class != SHARE_CLASSES[1]:
        raise ContractError(f"sensitive people are shared under {SHARE_CLASSES[1]} alone")


def at_snapshot(query: str, snapshot: int, values: dict[str, Any] | None = None) -> str:
    """A contract's SQL with `{schema.table}` read at a snapshot and `{name}` replaced by a value."""
    for name, value in (values or {}).items():
        query = query.replace("{" + name + "}", str(value))
    return RELATION.sub(rf"lake.\1.\2 at (version => {int(snapshot)})", query)
