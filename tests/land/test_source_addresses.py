"""Where a source system is, and what is said when nothing tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.settings import Settings


@pytest.mark.parametrize("content", ["", '{"url": "postgresql://', "[]]", "7"])
def test_a_damaged_address_is_named_and_not_quoted(tmp_path: Path, content: str) -> None:
    """It holds a password."""
    settings = Settings(home=tmp_path)
    stored = settings.secrets / "sources" / "library.json"
    stored.parent.mkdir(parents=True)
    stored.write_text(content)
    with pytest.raises(LookupError, match=rf"{stored} is damaged.*from a backup") as told:
        settings.source_endpoint("library")
    assert "postgresql" not in str(told.value)
