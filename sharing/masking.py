"""The vocabulary of masks, each a SQL expression over one column, and the bulk pseudonym.

`keep` gives a value as it is and `day` a date whole: the policy of share contracts
says which columns may leave so. Every other mask removes: from its output alone
the input cannot be told. The pseudonym is HMAC-SM3 with a key of the receiving department, so two recipients
cannot join what they were given, and nobody without the key can enumerate it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.hazmat.primitives import hashes, hmac
from duckdb.func import PythonUDFType

COMPOUND_SURNAMES = (
    "欧阳", "司马", "上官", "诸葛", "夏侯", "东方", "皇甫", "尉迟", "公孙", "慕容",
    "令狐", "长孙", "宇文", "司徒", "司空", "端木", "南宫", "轩辕", "呼延", "百里",
)  # fmt: skip
PSEUDONYM_FUNCTION = "recipient_pseudonym"
PSEUDONYM_BYTES = 16
# Letters only: neither a person nor a leak check can mistake a pseudonym for a number.
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def _surname(column: str) -> str:
    compound = ", ".join(f"'{name}'" for name in COMPOUND_SURNAMES)
    name = f"regexp_replace({column}, '\\s', '', 'g')"
    return (
        f"case when {name} = '' then null "
        f"when length({name}) > 2 and left({name}, 2) in ({compound}) then left({name}, 2) || '*' "
        f"when regexp_matches({name}, '^[0-9*]') then '某*' else left({name}, 1) || '*' end"
    )


def _age_band(column: str) -> str:
    low = f"5 * ({column} // 5)"
    return f"case when {column} >= 100 then '100+' else ({low})::int || '-' || ({low} + 4)::int end"


def _phone_middle(column: str) -> str:
    mobile = f"regexp_full_match({column}, '1[3-9][0-9]{{9}}')"
    return f"case when {mobile} then left({column}, 3) || '****' || right({column}, 4) end"


MASKS: dict[str, Callable[[str], str]] = {
    "keep": lambda column: column,
    "pseudonym": lambda column: f"{PSEUDONYM_FUNCTION}({column}::varchar)",
    "surname": _surname,
    "age_band_5": _age_band,
    "phone_middle": _phone_middle,
    "month": lambda column: f"strftime({column}, '%Y-%m')",
    "day": lambda column: f"{column}::date",
}


def pseudonyms(values: pa.Array, key: bytes) -> pa.Array:
    """Return the recipient's pseudonym of each value, null for null; each distinct value is hashed once."""
    encoded = pc.dictionary_encode(values)
    keyed = hmac.HMAC(key, hashes.SM3())
    distinct = pa.array([_pseudonym(keyed, value) for value in encoded.dictionary.to_pylist()], pa.string())
    return distinct.take(encoded.indices)


def _pseudonym(keyed: hmac.HMAC, value: str) -> str:
    once = keyed.copy()
    once.update(value.encode())
    return once.finalize()[:PSEUDONYM_BYTES].hex().translate(LETTERS)


@contextmanager
def pseudonym_function(connection: duckdb.DuckDBPyConnection, key: bytes) -> Iterator[None]:
    """Register the recipient's pseudonym function on this connection for the duration of the block."""

    def vectorised(values: pa.ChunkedArray) -> pa.Array:
        whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        return pseudonyms(whole, key)

    connection.create_function(
        PSEUDONYM_FUNCTION, vectorised, ["VARCHAR"], "VARCHAR", type=PythonUDFType.ARROW
    )
    try:
        yield
    finally:
        connection.remove_function(PSEUDONYM_FUNCTION)
