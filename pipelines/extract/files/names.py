"""Match file names to a table's pattern and extract the period they cover."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from pipelines.reasons import without_numbers

PERIOD = "{period}"
# 2026, 2026Q2, 202605 or 2026-05, 20260531 or 2026-05-31
_PERIOD_TEXT = r"(?P<period>\d{4}(?:[-_.]?(?:Q[1-4]|\d{2}(?:[-_.]?\d{2})?))?)"
_HELPERS = (".sha256", ".ok")
_UNFINISHED = (".part", ".tmp", ".filepart", ".uploading")
_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


@dataclass(frozen=True, order=True)
class Period:
    """A day, month, quarter or year; `end` is exclusive."""

    start: date
    end: date
    label: str


def period_of(pattern: str, name: str) -> tuple[bool, Period | None]:
    """Return whether a name matches the pattern, and its period if the pattern has one."""
    found = _expression(pattern).fullmatch(name)
    if found is None or name.endswith((*_HELPERS, *_UNFINISHED)):
        return False, None
    if PERIOD not in pattern:
        return True, None
    period = _period(re.sub(r"[-_.]", "", found["period"]))
    return period is not None, period


def readable_name(path: str, taken: Collection[str] = ()) -> str:
    """Return a readable form, unlike any in `taken`, of a name decoded with `surrogateescape`.

    Names that are not UTF-8 are read as GBK, which older Windows machines write, or else show their
    bytes. Control characters are escaped, because terminals obey them.
    """
    raw = path.encode("utf-8", "surrogateescape")
    try:
        name = path if not any("\udc80" <= one <= "\udcff" for one in path) else raw.decode("gb18030")
    except UnicodeDecodeError:
        name = raw.decode("utf-8", "backslashreplace")
    plain = "".join(one if _is_plain(one) else one.encode("unicode_escape").decode() for one in name)
    return _unlike(taken, plain, raw)


def shown_names(names: Iterable[str]) -> dict[str, str]:
    """Return a form of each name without personal numbers, unlike that of any other."""
    shown: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(set(names)):
        shown[name] = _unlike(taken, without_numbers(name), name.encode())
        taken.add(shown[name])
    return shown


def _unlike(taken: Collection[str], name: str, raw: bytes) -> str:
    """Return the name, with as many letters of its bytes' digest as make it unlike those taken.

    Digits could be taken for a personal number and masked, and the whole digest of a name would confirm a
    guess of the number in it.
    """
    letters = hashlib.sha256(raw).hexdigest().translate(_LETTERS)
    forms = (f"{name} ({letters[:length]})" if length else name for length in range(0, len(letters), 2))
    return next(form for form in forms if form not in taken)


def fits_nothing(patterns: Collection[str], name: str) -> bool:
    """Return whether a name belongs to no table, and is neither a companion nor an unfinished file."""
    is_helper = name.endswith((*_HELPERS, *_UNFINISHED))
    return not is_helper and not any(period_of(pattern, name)[0] for pattern in patterns)


def _is_plain(one: str) -> bool:
    category = unicodedata.category(one)
    return category[0] != "C" and category not in ("Zl", "Zp")


@lru_cache
def _expression(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\{period\}|\*)", pattern)
    return re.compile("".join({PERIOD: _PERIOD_TEXT, "*": ".*"}.get(part, re.escape(part)) for part in parts))


def _period(text: str) -> Period | None:
    try:
        if "Q" in text:
            year, quarter = int(text[:4]), int(text[-1])
            return _months(year, quarter * 3 - 2, 3, text)
        if len(text) == len("YYYYMMDD"):
            day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
            return Period(day, day + timedelta(days=1), text)
        if len(text) == len("YYYYMM"):
            return _months(int(text[:4]), int(text[4:]), 1, text)
        return _months(int(text), 1, 12, text)
    except ValueError:
        return None


def _months(year: int, month: int, count: int, label: str) -> Period:
    following = year * 12 + month - 1 + count
    return Period(date(year, month, 1), date(following // 12, following % 12 + 1, 1), label)
