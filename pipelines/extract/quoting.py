"""Texts and names of others as they stand in SQL, whatever is in them."""

from __future__ import annotations


def literal(text: str) -> str:
    """A text as it stands between single quotes."""
    return text.replace("'", "''")


def quoted(name: str) -> str:
    """A name in double quotes."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
