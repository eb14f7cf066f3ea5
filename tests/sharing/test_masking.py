"""Masks only remove; pseudonyms join within a recipient and nowhere else."""

from __future__ import annotations

import re

import duckdb
import pyarrow as pa
import pytest
from cryptography.hazmat.primitives import hashes, hmac
from hypothesis import given
from hypothesis import strategies as st

from sharing.masking import COMPOUND_SURNAMES, LETTERS, MASKS, pseudonym_function, pseudonyms

HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=4)
KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def masked(name: str, value: object) -> object:
    return duckdb.execute(f"select {MASKS[name]('c')} from (select ? as c)", [value]).fetchone()[0]


@given(HAN)
def test_a_masked_name_keeps_the_surname_only(name):
    result = masked("surname", name)
    surname = name[:2] if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else name[:1]
    assert result == surname + "*"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("张伟", "张*"),
        ("欧阳修", "欧阳*"),
        ("欧阳", "欧*"),
        (" 王 芳 ", "王*"),
        ("", None),
        (None, None),
        ("13812345678", "某*"),
    ],
)
def test_names_of_every_shape(name, expected):
    assert masked("surname", name) == expected


@given(st.text())
def test_no_text_survives_the_name_mask(text):
    result = masked("surname", text)
    assert result is None or (result.endswith("*") and len(result) <= 3 and not re.search("[0-9]", result))


@given(st.integers(0, 130))
def test_an_age_is_in_its_band(age):
    band = masked("age_band_5", age)
    if age >= 100:
        assert band == "100+"
    else:
        low, high = map(int, band.split("-"))
        assert low <= age <= high == low + 4


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_a_phone_loses_its_middle(phone):
    assert masked("phone_middle", phone) == f"{phone[:3]}****{phone[-4:]}"


@given(st.text().filter(lambda text: not re.fullmatch(r"1[3-9][0-9]{9}", text)))
def test_what_is_no_mobile_number_is_not_given_at_all(text):
    assert masked("phone_middle", text) is None


@given(st.lists(st.one_of(st.none(), st.text()), max_size=30))
def test_pseudonyms_are_stable_distinct_and_the_recipients_own(values):
    ours, theirs = (pseudonyms(pa.array(values, pa.string()), key).to_pylist() for key in (KEY, OTHER_KEY))
    known = {value for value in values if value is not None}
    assert len({token for token in ours if token}) == len(known)
    assert all((token is None) == (value is None) for token, value in zip(ours, values, strict=True))
    assert not {token for token in ours if token} & {token for token in theirs if token}
    assert all(re.fullmatch("[a-p]{32}", token) for token in ours if token)


def test_the_pseudonym_is_hmac_sm3():
    expected = hmac.HMAC(KEY, hashes.SM3())
    expected.update(b"P1")
    token = expected.finalize().hex()[:32].translate(LETTERS)
    assert pseudonyms(pa.array(["P1"]), KEY).to_pylist() == [token]


def test_the_function_is_gone_after_use():
    with duckdb.connect() as connection:
        with pseudonym_function(connection, KEY):
            rows = connection.execute(
                "select recipient_pseudonym(c) from (values ('a'), (null), ('a')) t(c)"
            ).fetchall()
        assert rows[0] == rows[2]
        assert rows[1] == (None,)
        with pytest.raises(duckdb.CatalogException):
            connection.execute("select recipient_pseudonym('a')")
