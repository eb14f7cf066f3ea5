"""Parse JSON without altering any number.

Parsers return numbers as 64-bit values. A twenty-digit device code written as a number would lose its last
digits, and so would an eighteen-digit amount: such a number is returned as text, the form in which every
value is kept until door 1 casts it.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from decimal import Decimal
from typing import Any

import orjson

# A number that may not fit 64 bits; a false match within a text only costs a second parse.
LONG_NUMBER = re.compile(rb"[:\[,]\s*-?[\d.]{16}")
# Charsets of older systems; other Chinese codecs do more than decode.
CHARSETS = {"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030"}
# Integers with at most this many digits always fit 64 bits.
SHORT_DIGITS = 18


def parse_json(content: bytes, charset: str | None = None) -> Any:
    """Parse a JSON text; numbers that 64 bits cannot represent exactly are returned as text.

    Args:
        charset: the charset the sender declares; unless it is GB 18030 or a subset of it, the text must be
            UTF-8 anyway.

    Raises:
        ValueError: it is not JSON, is nested too deeply, or has numbers that cannot be read safely.
    """
    text = content.removeprefix(BOM_UTF8)
    if codec := CHARSETS.get((charset or "").lower()):
        text = content.decode(codec).encode()
    value = orjson.loads(text)
    if not LONG_NUMBER.search(text):
        return value
    try:
        return json.loads(text, parse_int=_whole, parse_float=_exact)
    except (RecursionError, ArithmeticError) as error:
        raise ValueError(str(error)) from None


def _whole(digits: str) -> int | str:
    if len(digits) > SHORT_DIGITS and (len(digits) > SHORT_DIGITS + 2 or not _fits(int(digits))):
        return digits
    return int(digits)


def _fits(number: int) -> bool:
    return -(2**63) <= number < 2**64


def _exact(digits: str) -> float | str:
    number = float(digits)
    return number if Decimal(repr(number)) == Decimal(digits) else digits
