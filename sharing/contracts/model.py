"""A loaded share contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from data_quality.rules import Rule, rule_set_hash


class ContractError(ValueError):
    """A contract is not allowed; the message says what is wrong and where."""


@dataclass(frozen=True)
class Column:
    """A delivered column: its source and its mask."""

    name: str
    source: str
    mask: str
    type: str
    classification: str
    label: str
    need: str


@dataclass(frozen=True)
class Grant:
    """The authorisation: department × purpose × columns × region × time."""

    department: str
    department_name: str
    purpose: str
    columns: tuple[str, ...]
    region_code: str
    granted_by: str
    granted_on: date
    expires_on: date

    def is_in_force(self, day: date) -> bool:
        """Whether the grant permits deliveries on a day."""
        return self.granted_on <= day <= self.expires_on


@dataclass(frozen=True)
class ShareContract:
    """One dataset for one department, validated."""

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
    # The tables whose rows can be assigned to a region.
    regional: frozenset[str] = frozenset()

    @property
    def department(self) -> str:
        """The receiving department."""
        return self.grant.department

    @property
    def subject(self) -> str:
        """`department/dataset`, the share's name throughout the platform."""
        return f"{self.department}/{self.dataset}"

    @property
    def contract_hash(self) -> str:
        """SHA-256 of the contract's text."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def rule_set_hash(self) -> str:
        """Hash of all rules, declared and implied."""
        return rule_set_hash(self.rules)
