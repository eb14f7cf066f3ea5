"""Reasons that people give: they are kept and read by many, and so hold no personal number."""

import re

PERSONAL_NUMBER = re.compile(r"(?<!\d)(\d{17}[\dXx]|\d{15}|1\d{10})(?!\d)")


def usable_reason(reason: str) -> str:
    """The reason, if it can be kept.

    Raises:
        ValueError: it is empty, or holds an identity or telephone number.
    """
    if not reason.strip():
        raise ValueError("A reason is needed. Nothing was kept; say why with --reason.")
    if PERSONAL_NUMBER.search(reason):
        raise ValueError(
            "The reason holds an identity or telephone number. Nothing was kept; "
            "reasons are read by many: say what was seen, not the number."
        )
    return reason
