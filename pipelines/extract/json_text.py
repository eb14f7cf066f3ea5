"""Reading JSON without changing a number in it.

A parser gives a number as 64 bits. A device code of twenty digits that is written as
a number would lose its last ones, and so would an amount of eighteen: such a number
comes as its own text instead, as which every value is kept until door 1 casts it.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from decimal import Decimal
from typing import Any

import orjson

# A number of which 64 bits may not hold all digits; within a text it only makes us look twice.
LONG_NUMBER = re.compile(rb"[:\[,]\s*-?[\d.]{16}")
# What older systems write in; other codecs of the language do more than decode.
CHARSETS = {"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030"}
# Fewer digits than this always fit into 64 bits.
SHORT_DIGITS = 18


def parse_json(content: bytes, charset: str | None = None) -> Any:
    """The value that a JSON text holds; what 64 bits would change of a number comes as text.

    Args:
        charset: what the sender says that the text is written in; but for GB 18030 and its older parts
            it has to be UTF-8 all the same.

    Raises:
        ValueError: it is not JSON, or nested too deep or of numbers too odd to be read safely.
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
