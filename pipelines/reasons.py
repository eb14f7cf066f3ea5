"""Texts that people give, as reasons and names of files: widely read, and so without personal numbers."""

import re
import unicodedata

# What else may divide a number: `138-0013-8000`, `138 0013 8000`, `340490_19900307_1235`.
_GAP = r"[\W_]{1,3}"
_DAY = r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)"
# An identity number divided between region, birthday and the rest. Divided at both places it is told from a
# date before it, so that it may follow other digits.
_IN_PARTS = r"{before}[1-9]\d{{5}}{gap}(?:18|19|20)\d\d(?:{some})?\d\d(?:{some})?\d\d{gap}\d{{3}}[\dXx](?!\d)"
DIVIDED_IDENTITY_NUMBER = re.compile(
    _IN_PARTS.format(before=r"(?<!\d)", gap=f"(?:{_GAP})?", some=_GAP)
    + "|"
    + _IN_PARTS.format(before="", gap=_GAP, some=_GAP)
)
# A longer run of digits than a time has may hold an identity number, and a date or a code beside it. A date
# before a telephone number that is divided twice is told from it, so that one may follow other digits. One
# digit may be glued to a number that is not, but not so that a number and a date are taken for it.
PERSONAL_NUMBER = re.compile(
    rf"\d{{15,}}[Xx]?|(?<!\d)(?:86)?1\d{{10}}(?!\d)"
    rf"|(?<!\d)(?:86)?1[3-9]\d(?:{_GAP})?\d{{4}}(?:{_GAP})?\d{{4,5}}(?!\d)"
    rf"|(?<!\d)\d(?:86)?1[3-9]\d(?:{_GAP}(?!{_DAY}))?\d{{4}}(?:{_GAP})?\d{{4}}(?!\d)"
    rf"|1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4,5}}(?!\d)"
)
# County, day and number of a file (`340402_20260531_0001`) look like a child's divided identity number. Of
# the years that files are of, only what has a correct check digit is taken for one; one in eleven such names
# has it (weights and digits of GB 11643).
YEAR_OF_FILES = 2020
WEIGHTS, CHECK_DIGITS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"


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
    normal = unicodedata.normalize("NFKC", text)
    plain = PERSONAL_NUMBER.sub("…", DIVIDED_IDENTITY_NUMBER.sub(_without_parts, normal))
    return plain if plain != normal else text


def _without_parts(found: re.Match[str]) -> str:
    number = re.sub(r"[\W_]", "", found[0]).upper()
    is_of_file = int(number[6:10]) >= YEAR_OF_FILES and not _has_check_digit(number)
    return found[0] if is_of_file else "…"


def _has_check_digit(number: str) -> bool:
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, number, strict=False))
    return CHECK_DIGITS[total % 11] == number[-1]
