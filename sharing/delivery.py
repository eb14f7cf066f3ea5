"""Deliveries on disk: staged before the decision, published after it by atomic renames.

`<shares>/<department>/<dataset>/.staging/<content hash>/` is durable before the ledger records a pass;
publishing is a rename. So a kill at any moment leaves either no decision, or a decision whose publication the
next run completes.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipelines.installation.durable_files import sha256_of, sync, write_text_durably
from sharing.contracts import ShareContract
from sharing.ledger import Entry
from sharing.projection import Slice
from sharing.text_file import GUIDE, write_csv, write_guide

RECEIPT = "receipt.json"
CONTRACT = "contract.yaml"
DELIVERED = ("data.parquet", "data.csv", CONTRACT, GUIDE)


class DeliveryError(RuntimeError):
    """A version released by the gate cannot be published; the served version is unchanged."""


@dataclass(frozen=True)
class Shelf:
    """The folder of one share."""

    folder: Path

    @property
    def building(self) -> Path:
        """Where a slice is being written; not durable, cleared by the next run."""
        return self.folder / ".building"

    def staged(self, content_hash: str) -> Path:
        """Where a finished slice awaits its decision."""
        return self.folder / ".staging" / content_hash

    @property
    def current(self) -> Path:
        """The symlink to the served version."""
        return self.folder / "current"

    def receipt(self) -> dict[str, Any] | None:
        """Return the receipt of the served version; None before the first."""
        path = self.current / RECEIPT
        return json.loads(path.read_text()) if path.exists() else None

    def withdraw(self) -> None:
        """Stop serving; the versions are kept as evidence. Idempotent."""
        if self.current.is_symlink():
            self.current.unlink()
            sync(self.folder)

    def clear_building(self) -> None:
        """Remove what a killed run left incomplete."""
        shutil.rmtree(self.building, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def shelf_of(shares_dir: Path, department: str, dataset: str) -> Shelf:
    """Return the folder of a share."""
    return Shelf(shares_dir / department / dataset)


def stage(shelf: Shelf, contract: ShareContract, built: Slice) -> Path:
    """Complete the delivery beside the built slice, make it durable and move it to the staging folder."""
    if "csv" in contract.formats:
        write_csv(built.file)
        write_guide(shelf.building, contract)
    (shelf.building / CONTRACT).write_text(contract.text, encoding="utf-8")
    for path in shelf.building.iterdir():
        path.chmod(0o600)
        sync(path)
    sync(shelf.building)
    target = shelf.staged(built.content_hash)
    target.parent.mkdir(exist_ok=True, mode=0o700)
    shutil.rmtree(target, ignore_errors=True)
    shelf.building.rename(target)
    sync(target.parent)
    return target


def publish(shelf: Shelf, entry: Entry, key: Ed25519PrivateKey) -> str:
    """Serve a version that passed, and return it; idempotent.

    Raises:
        DeliveryError: its files are missing or differ from those that passed.
    """
    version = entry.decision.delivered_version
    target = shelf.folder / version
    if not target.exists():
        staged = shelf.staged(entry.decision.content_hash)
        _require_same(staged / "data.parquet", entry)
        receipt = _receipt(staged, entry, key)
        write_text_durably(staged / RECEIPT, json.dumps(receipt, ensure_ascii=False, indent=2))
        staged.rename(target)
        sync(shelf.folder)
    _require_same(target / "data.parquet", entry)
    _switch(shelf, version)
    return version


def discard_staged(shelf: Shelf) -> None:
    """Remove slices that were not delivered; their evidence is in the platform's database."""
    shutil.rmtree(shelf.folder / ".staging", ignore_errors=True)


def _switch(shelf: Shelf, version: str) -> None:
    if shelf.current.is_symlink() and shelf.current.readlink().name == version:
        return
    beside = shelf.folder / ".current.unfinished"
    beside.unlink(missing_ok=True)
    beside.symlink_to(version)
    beside.replace(shelf.current)
    sync(shelf.folder)


def _require_same(file: Path, entry: Entry) -> None:
    if not file.exists() or sha256_of(file) != entry.decision.file_sha256:
        raise DeliveryError(
            f"Ledger entry {entry.entry_no} let version {entry.decision.version} out, but its file is "
            f"missing or changed in {file.parent}. Nothing was decided; what is served did not change. "
            "Put the file back from a backup; `brain audit verify` tells whether the ledger is whole."
        )


def _receipt(staged: Path, entry: Entry, key: Ed25519PrivateKey) -> dict[str, Any]:
    decision = entry.decision
    delivered = [path for path in sorted(staged.iterdir()) if path.name in DELIVERED]
    facts = {
        "department": decision.department,
        "dataset": decision.dataset,
        "version": decision.version,
        "row_count": decision.row_count,
        "verdict": decision.verdict,
        "score": decision.score,
        "lake_snapshot": decision.lake_snapshot,
        "contract_hash": decision.contract_hash,
        "rule_set_hash": decision.rule_set_hash,
        "content_hash": decision.content_hash,
        "decided_at": decision.decided_at.astimezone().isoformat(),
        "ledger_entry": entry.entry_no,
        "ledger_hash": entry.entry_hash,
        "files": {path.name: sha256_of(path) for path in delivered},
    }
    return facts | {"signature": key.sign(canonical(facts)).hex()}


def canonical(facts: dict[str, Any]) -> bytes:
    """Return the bytes of a receipt's facts for signing."""
    return json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()
