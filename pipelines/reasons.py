"""Reasons that people give: they are stored and widely read, and so may not contain personal numbers."""

import re

PERSONAL_NUMBER = re.compile(r"(?<!\d)(\d{17}[\dXx]|\d{15}|1\d{10})(?!\d)")


def usable_reason(reason: str) -> str:
    """Return the reason if it may be stored.

    Raises:
        ValueError: it is empty, or contains an identity or telephone number.
    """
    if not reason.strip():
        raise ValueError("A reason is needed. Nothing was kept; say why with --reason.")
    if PERSONAL_NUMBER.search(reason):
        raise ValueError(
            "The reason holds an identity or telephone number. Nothing was kept; "
            "reasons are read by many: say what was seen, not the number."
        )
    return reason
