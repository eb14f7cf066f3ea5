"""Texts that people give, as reasons and names of files: widely read, and so without personal numbers."""

import re
import unicodedata

# What else may divide a telephone number: `138-0013-8000`, `138 0013 8000`.
_GAP = r"[\W_]{1,3}"
# A longer run of digits than a time has may hold an identity number, and a date or a code beside it. A date
# before a telephone number that is divided twice is told from it, so that one may follow other digits.
PERSONAL_NUMBER = re.compile(
    rf"\d{{15,}}[Xx]?|(?<!\d)(?:86)?1\d{{10}}(?!\d)"
    rf"|(?<!\d)(?:86)?1[3-9]\d(?:{_GAP})?\d{{4}}(?:{_GAP})?\d{{4}}(?!\d)"
    rf"|1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}(?!\d)"
)


def usable_reason(reason: str) -> str:
    """Return the reason if it may be stored.

    Raises:
        ValueError: it is empty, or contains an identity or telephone number.
    """
    if not reason.strip():
        raise ValueError("A reason is needed. Nothing was kept; say why with --reason.")
    if without_numbers(reason) != reason:
        raise ValueError(
            "The reason holds an identity or telephone number. Nothing was kept; "
            "reasons are read by many: say what was seen, not the number."
        )
    return reason


def without_numbers(text: str) -> str:
    """Return a text without identity and telephone numbers, as lists and logs may show it.

    Full-width digits and letters are numbers too: a text that holds one is returned in compatibility form,
    any other unchanged.
    """
    plain, count = PERSONAL_NUMBER.subn("…", unicodedata.normalize("NFKC", text))
    return plain if count else text
