"""Render the review queue as one HTML file: both records of a pair, the evidence and the command to decide.

The file is self-contained and loads nothing. It shows what `review_queue` returns, masked or not; access is
controlled by the permissions of the folder it is saved in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

FIELDS = {
    "record_key": "记录",
    "person_id": "现归入人员",
    "person_numbers": "该人员的证件号码",
    "name": "姓名",
    "id_number": "证件号码",
    "sex_code": "性别",
    "birth": "出生",
    "phone": "电话",
    "address": "地址",
    "community_code": "社区",
    "updated_at": "更新时间",
}
# Every outcome of a comparison in `model.yaml`.
OUTCOMES = {
    "missing": "缺失，不作依据",
    "same": "一致",
    "different": "不一致",
    "former_name": "与曾用名一致",
    "unreadable_character": "含无法识别的字，其余一致",
    "same_sound": "读音相同",
    "one_character_of_three": "三字以上仅一字不同",
    "one_character_of_two": "两字中一字不同",
    "surname_only": "一方只有姓氏，姓氏一致",
    "latin_letters": "一方为拉丁字母",
    "same_surname": "仅姓氏一致",
    "day_and_month_swapped": "月日颠倒",
    "first_of_january": "同年，一方记为 1 月 1 日",
    "one_year_off": "月日一致，相差一年",
    "lunar_calendar": "相差日数像是农历与公历之别",
    "same_phone_and_house": "电话与住房都一致",
    "same_phone": "电话一致",
    "same_house": "住房一致",
    "same_household": "户号一致",
    "same_estate": "小区一致",
    "same_community": "社区一致",
    "one_digit": "至多一位不同",
    "two_digits": "两位不同",
}
STATUSES = {"open": "待裁定", "unsure": "未能确定"}
STYLE = """
body{font:15px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
section{border:1px solid #ccc;border-radius:6px;margin:1rem 0;padding:.5rem 1rem 1rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.2rem .5rem;border-top:1px solid #eee}
tr.differs td{background:#fff3d6}
code{background:#f4f4f4;padding:.1rem .3rem}
"""


def review_page(pairs: Sequence[Mapping[str, Any]], waiting: int | None = None) -> str:
    """Return the page for `pairs` as `review_queue` returns them; `waiting` is their total number."""
    how_many = (
        f"共 {len(pairs)} 对" if waiting in (None, len(pairs)) else f"共 {waiting} 对，本页 {len(pairs)} 对"
    )
    body = "\n".join(_section(pair) for pair in pairs) or "<p>没有待裁定的记录对。</p>"
    return (
        '<!doctype html><html lang="zh"><meta charset="utf-8"><title>人员归一裁定</title>'
        f"<style>{STYLE}</style><h1>待裁定的记录对（{how_many}）</h1>\n{body}\n</html>\n"
    )


def _section(pair: Mapping[str, Any]) -> str:
    left, right = pair["left"] or {}, pair["right"] or {}
    rows = "".join(
        _row(label, left.get(name), right.get(name), differs=name in pair["differs"])
        for name, label in FIELDS.items()
        if name in left or name in right
    )
    command = f'brain person decide {pair["review_id"]} same|different|unsure --reason "…"'
    return (
        f"<section><h2>{escape(pair['reason_label'])}（{STATUSES[pair['status']]}）</h2>"
        f"<table>{rows}</table>{_evidence(pair['evidence'])}<p><code>{escape(command)}</code></p></section>"
    )


def _row(label: str, left: object, right: object, *, differs: bool) -> str:
    marked = ' class="differs"' if differs else ""
    return f"<tr{marked}><th>{label}</th><td>{_shown(left)}</td><td>{_shown(right)}</td></tr>"


def _evidence(evidence: Mapping[str, Mapping[str, Any]]) -> str:
    said: Iterable[str] = (
        f"<tr><th>{escape(name)}</th><td>{escape(_outcome(item['outcome']))}</td><td>{_shown(item['weight'])}</td></tr>"
        for name, item in evidence.items()
    )
    return f"<h3>证据（权重单位为比特）</h3><table>{''.join(said)}</table>" if evidence else ""


def _outcome(label: str) -> str:
    return OUTCOMES.get(label, label)


def _shown(value: object) -> str:
    if isinstance(value, list):
        value = "、".join(value) or None
    return "–" if value is None else escape(str(value))
