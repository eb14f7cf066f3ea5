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
    "name": "姓名",
    "id_number": "证件号码",
    "sex_code": "性别",
    "birth": "出生",
    "phone": "电话",
    "address": "地址",
    "community_code": "社区",
    "updated_at": "更新时间",
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


def review_page(pairs: Sequence[Mapping[str, Any]]) -> str:
    """Return the page for `pairs` as returned by `review_queue`."""
    body = "\n".join(_section(pair) for pair in pairs) or "<p>没有待裁定的记录对。</p>"
    return (
        '<!doctype html><html lang="zh"><meta charset="utf-8"><title>人员归一裁定</title>'
        f"<style>{STYLE}</style><h1>待裁定的记录对（{len(pairs)}）</h1>\n{body}\n</html>\n"
    )


def _section(pair: Mapping[str, Any]) -> str:
    left, right = pair["left"] or {}, pair["right"] or {}
    rows = "".join(
        _row(label, left.get(name), right.get(name))
        for name, label in FIELDS.items()
        if name in left or name in right
    )
    command = f'brain person decide {pair["review_id"]} same|different|unsure --reason "…"'
    return (
        f"<section><h2>{escape(pair['reason_label'])}（{STATUSES[pair['status']]}）</h2>"
        f"<table>{rows}</table>{_evidence(pair['evidence'])}<p><code>{escape(command)}</code></p></section>"
    )


def _row(label: str, left: object, right: object) -> str:
    differs = ' class="differs"' if left != right else ""
    return f"<tr{differs}><th>{label}</th><td>{_shown(left)}</td><td>{_shown(right)}</td></tr>"


def _evidence(evidence: Mapping[str, Mapping[str, Any]]) -> str:
    said: Iterable[str] = (
        f"<tr><th>{escape(name)}</th><td>{escape(item['outcome'])}</td><td>{_shown(item['weight'])}</td></tr>"
        for name, item in evidence.items()
    )
    return f"<h3>证据（比特）</h3><table>{''.join(said)}</table>" if evidence else ""


def _shown(value: object) -> str:
    return "–" if value is None else escape(str(value))
