"""A file is replaced whole or not at all, and a secret one is never readable by others."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from pipelines.installation.durable_files import write_durably, write_text_durably


def test_a_write_that_fails_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path) -> None:
    kept = tmp_path / "new" / "folder" / "file"
    write_text_durably(kept, "first")

    def fail(unfinished: Path) -> None:
        unfinished.write_text("half")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write_durably(kept, fail)
    assert kept.read_text() == "first"
    assert list(kept.parent.iterdir()) == [kept]


def test_what_a_killed_write_left_readable_does_not_show_a_secret(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    left = tmp_path / ".secret.unfinished"
    left.write_text("half")
    left.chmod(0o644)
    with left.open() as reader:
        write_text_durably(secret, "社区", mode=0o600)
        assert reader.read() == "half"
    assert secret.read_text(encoding="utf-8") == "社区"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
