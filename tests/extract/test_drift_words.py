"""The department and the operator read of the same change, each in their own language."""

from __future__ import annotations

import re

import pytest

from pipelines.extract.drift_words import CHINESE, ENGLISH, REMARKS, RENAMED, RETYPED, Drifted

FOREIGN_WORD = re.compile(r"[A-Za-z]{2,}")


@pytest.mark.parametrize("remark", ["", *REMARKS])
@pytest.mark.parametrize("kind", sorted(ENGLISH))
def test_a_department_reads_chinese_and_the_operator_english(kind: str, remark: str) -> None:
    change = Drifted(kind, "a", "freeze", old="1", new="2", source_name="3", remark=remark)
    assert not FOREIGN_WORD.search(change.in_chinese)
    assert change.difference.isascii()


def test_every_kind_has_words_in_both_languages() -> None:
    assert ENGLISH.keys() == CHINESE.keys()


def test_both_say_the_same_facts() -> None:
    renamed = Drifted(RENAMED, "name", "freeze", new="full_name", source_name="姓名")
    assert renamed.difference == (
        "missing (the source's name for it: '姓名'); probably renamed to 'full_name', which is new"
    )
    assert renamed.in_chinese == "列疑似更名：原列缺失，新出现“full_name”列（来源中的列名为“姓名”）"
    retyped = Drifted(RETYPED, "born", "freeze", old="DATE", new="VARCHAR")
    assert (retyped.difference, retyped.in_chinese) == (
        "DATE became VARCHAR", "列类型改变：由 DATE 变为 VARCHAR",
    )  # fmt: skip
