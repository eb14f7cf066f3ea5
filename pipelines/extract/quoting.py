"""Quote foreign texts and names for SQL."""

from __future__ import annotations


def literal(text: str) -> str:
    """Escape a text for use between single quotes."""
    return text.replace("'", "''")


def quoted(name: str) -> str:
    """Return an identifier in double quotes."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'
