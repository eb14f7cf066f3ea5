"""Find what a delivered version contains beyond the grant in force, by comparing its contract with today's.

A grant narrowed in its contract takes effect at once, like one that ends. The rows and columns of a
version follow from the contract stored beside it, whose hash is in the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import psycopg

from sharing import ledger
from sharing.contracts import Column, ContractError, ShareContract, terms_of
from sharing.contracts.policy import SHARE_CLASSES
from sharing.delivery import CONTRACT, Shelf, shelf_of

# For the departments in Chinese and for the operator in English, from the same facts.
WORDS = {
    "unknown": (
        "所提供版本的合同缺失或被改动，无法核对授权",
        "the contract beside it is gone or was changed, so nothing shows that it is granted",
    ),
    "region": ("授权区域由 {was} 改为 {now}", "it covers {was}, and the grant {now}"),
    "purpose": ("用途由 {was} 改为 {now}", "it was given for {was}, and the grant is for {now}"),
    "table": ("来源表由 {was} 改为 {now}", "it was made of {was}, and the grant is of {now}"),
    "class": ("共享属性由{was}改为{now}", "it was given as {was}, and the grant says {now}"),
    "column": ("列 {name} 不再授权", "column {name} is not granted any more"),
    "mask": ("列 {name} 由 {was} 改为 {now}", "column {name} went out as {was}, and the grant says {now}"),
    "level": ("列 {name} 由 {was} 级改为 {now} 级", "column {name} went out as {was} and is {now} now"),
}  # fmt: skip
# Masks that reveal less of a value than the mask `day`.
LESS_THAN_A_DAY = ("month",)


@dataclass(frozen=True)
class Excess:
    """One thing that is served but no longer granted."""

    kind: str
    name: str = ""
    was: str = ""
    now: str = ""

    @property
    def notice(self) -> str:
        """The text for the departments, in Chinese."""
        return WORDS[self.kind][0].format(name=self.name, was=self.was, now=self.now)

    @property
    def told(self) -> str:
        """The text for the operator, in English."""
        return WORDS[self.kind][1].format(name=self.name, was=self.was, now=self.now)


def served_excess(state: psycopg.Connection, shares_dir: Path, contract: ShareContract) -> tuple[Excess, ...]:
    """Return what is currently served beyond the contract; empty if nothing is served."""
    served = ledger.served_delivery(state, contract.department, contract.dataset)
    if served is None:
        return ()
    shelf = shelf_of(shares_dir, contract.department, contract.dataset)
    return excess_of(delivered_contract(shelf, served, contract), contract)


def delivered_contract(shelf: Shelf, entry: ledger.Entry, today: ShareContract) -> ShareContract | None:
    """Return the contract that a version was delivered under; None if the file beside it is another."""
    if entry.decision.contract_hash == today.contract_hash:
        return today
    try:
        text = (shelf.folder / entry.decision.delivered_version / CONTRACT).read_text(encoding="utf-8")
        return terms_of(text) if sha256(text.encode()).hexdigest() == entry.decision.contract_hash else None
    except (OSError, ContractError, UnicodeDecodeError):
        return None


def excess_of(delivered: ShareContract | None, today: ShareContract) -> tuple[Excess, ...]:
    """Return what the delivered contract gives beyond today's; an unknown contract counts as excess."""
    return (Excess("unknown"),) if delivered is None else tuple(_found(delivered, today))


def _found(delivered: ShareContract, today: ShareContract) -> Iterator[Excess]:
    was, now = delivered.grant, today.grant
    if not was.region_code.startswith(now.region_code):
        yield Excess("region", was=was.region_code, now=now.region_code)
    if was.purpose != now.purpose:
        yield Excess("purpose", was=was.purpose, now=now.purpose)
    if SHARE_CLASSES.index(delivered.share_class) < SHARE_CLASSES.index(today.share_class):
        yield Excess("class", was=delivered.share_class, now=today.share_class)
    if delivered.source_table != today.source_table:
        yield Excess("table", was=delivered.source_table, now=today.source_table)
        return
    for column in delivered.columns:
        yield from _of_column(column, [other for other in today.columns if other.source == column.source])


def _of_column(column: Column, granted: list[Column]) -> Iterator[Excess]:
    """Compare columns by their source: under another name, a value is the same value."""
    if not granted:
        yield Excess("column", column.name)
        return
    enough = [other for other in granted if _gives_as_much(other, column)]
    if not enough:
        yield Excess("mask", column.name, *(f"{item.mask} {item.type}" for item in (column, granted[0])))
    elif column.classification < (level := min(other.classification for other in enough)):
        yield Excess("level", column.name, column.classification, level)


def _gives_as_much(granted: Column, given: Column) -> bool:
    if granted.mask == given.mask:
        return granted.type == given.type
    return granted.mask == "keep" or (granted.mask == "day" and given.mask in LESS_THAN_A_DAY)
