"""What a share contract is once it is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from data_quality.rules import Rule, rule_set_hash


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

    def is_in_force(self, day: date) -> bool:
        """Whether it lets anything out on a day."""
        return self.granted_on <= day <= self.expires_on


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
