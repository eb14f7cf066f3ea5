"""Explain why records belong together, and list the pairs that await a steward's decision.

Values are masked unless the caller asks otherwise; authorising and logging that is up to the caller.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import reduce
from typing import Any

import duckdb

from pipelines.identity.candidates import CANDIDATES
from pipelines.identity.decisions import Decision, ruling
from pipelines.identity.model import shipped_model

REASONS = {
    "between_thresholds": "证据不足以自动合并",
    "rival_candidates": "同时与多人相符",
    "twin_suspected": "疑似双胞胎或同户兄弟姐妹",
    "identity_number_conflict": "合并会出现两个有效证件号码",
    "two_numbers": "同名同生日同联系方式而证件号码不同",
    "decision_conflict": "已裁定为同一人，但与证件号码或其他裁定冲突",
    "number_of_both": "已裁定为不同人，但证件号码相同，须指明号码属于谁",
}
RULES = {
    "identity_number": "证件号码一致",
    "source_key": "来源以编号指明为同一人",
    "linked": "多项信息综合比对一致",
    "decided": "人工裁定",
    "single": "仅此一条记录",
}
# A build found that these decisions cannot be applied as they stand.
ASKED_AGAIN = ("decision_conflict", "number_of_both")
QUEUE = """
    select review_id, reason, status, match_probability, match_weight, evidence, record_key_l, record_key_r,
        person_id_l, person_id_r
    from lake.identity.person_review
    order by match_probability desc nulls last, review_id
"""
MASKED_NUMBER = "left({0}, 3) || repeat('*', greatest(length({0}) - 7, 4)) || right({0}, 4)"
# How numbers of buildings and flats are written in words: also formally (壹佰) and by heavenly stems (甲栋).
NUMERALS = "〇○零一二三四五六七八九十百千两廿卅壹贰貳弍叁參肆伍陆陸柒捌玖拾佰仟"
STEMS = "甲乙丙丁戊己庚辛壬癸"
PARTS = "(号|栋|幢|座|楼|层|单元|门|室|户|组|队|排|弄|房|梯|[-－—–/#])"
# The estate or village stays; building, unit and flat are removed, also where they are written in words:
# before or after the word of a part, at the end, digit by digit (二〇一), or as figures and letters.
MASKED_PARTS = (
    (rf"[{NUMERALS}{STEMS}\p{{N}}]+{PARTS}", r"*\1"),
    (rf"{PARTS}[{NUMERALS}{STEMS}\p{{N}}]+", r"\1*"),
    (rf"[{NUMERALS}]{{3,}}|[{NUMERALS}]*[〇○零][{NUMERALS}]*|[{NUMERALS}{STEMS}]+$", "*"),
    (r"[\p{N}\p{Latin}]+", "*"),
)
MASKED_ADDRESS = reduce(
    lambda masked, part: f"regexp_replace({masked}, '{part[0]}', '{part[1]}', 'g')",
    MASKED_PARTS,
    "address_standard",
)
MASKED_VALUES = f"""
    left(name_standard, 1) || repeat('*', greatest(length(name_standard) - 1, 1)) as name,
    {MASKED_NUMBER.format("id_number")} as id_number,
    sex_code,
    (birth_year // 5 * 5) || '-' || (birth_year // 5 * 5 + 4) as birth,
    left(phone, 3) || '****' || right(phone, 4) as phone,
    {MASKED_ADDRESS} as address,
    community_code
"""
# Compared by the unmasked values, since different ones can look alike when masked.
COMPARED = ("name", "id_number", "sex_code", "birth", "phone", "address", "community_code")
PLAIN_VALUES = """
    name_standard as name, id_number, sex_code, birth_date::varchar as birth, phone,
    address_standard as address, community_code
"""


def current_person_id(connection: duckdb.DuckDBPyConnection, person_id: str) -> str | None:
    """Return the id that `person_id` currently resolves to; None if all its records are gone.

    Raises:
        LookupError: no person ever had this id.
    """
    row = connection.execute(
        "select current_person_id from lake.identity.person_ids where person_id = ?", [person_id]
    ).fetchone()
    if row is None:
        raise LookupError(
            f"No person ever had the id '{person_id}'. Ids look like P0123456789ABCDEF; "
            "find one in core.dim_persons or core.person_links."
        )
    return row[0]


def explain_person(
    connection: duckdb.DuckDBPyConnection,
    person_id: str,
    masked: bool = True,
    source: str = CANDIDATES,
    decisions: Sequence[Decision] = (),
) -> dict[str, Any]:
    """Return a person's records, what joined them (rule, weighed evidence, steward) and the id's history.

    Raises:
        LookupError: no person ever had this id.
    """
    current = current_person_id(connection, person_id)
    records = _records_of(connection, current, masked, source)
    return {
        "asked_id": person_id,
        "person_id": current,
        "records": records,
        "links": _links_of(connection, current),
        "decisions": _decisions_of({record["record_key"] for record in records}, decisions),
        "waiting_for_review": _reviews_of(connection, current),
        "history": _history_of(connection, person_id, current),
    }


def without_withheld(connection: duckdb.DuckDBPyConnection, explained: dict[str, Any]) -> dict[str, Any]:
    """Return the explanation without withheld records, whose very existence is restricted."""
    return {
        name: _drop_withheld(connection, value) if isinstance(value, list) else value
        for name, value in explained.items()
    }


def _drop_withheld(connection: duckdb.DuckDBPyConnection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows without records of sources that core withholds."""
    prefixes = tuple(_withheld_prefixes(connection))
    return [row for row in rows if not any(str(value).startswith(prefixes) for value in row.values())]


def _withheld_prefixes(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the key prefixes of records that core withholds."""
    withheld = connection.execute(
        "select source_system || '|' || source_table || '|' from lake.reference.person_sources "
        "where not gives_values"
    ).fetchall()
    return [prefix for (prefix,) in withheld]


def pairs_waiting(
    connection: duckdb.DuckDBPyConnection, decisions: Sequence[Decision] = (), shows_withheld: bool = True
) -> int:
    """Return how many pairs `review_queue` would list without a limit."""
    return len(_waiting(connection, decisions, shows_withheld))


def review_queue(
    connection: duckdb.DuckDBPyConnection,
    masked: bool = True,
    limit: int = 100,
    source: str = CANDIDATES,
    decisions: Sequence[Decision] = (),
    shows_withheld: bool = True,
) -> list[dict[str, Any]]:
    """Return the pairs awaiting a decision with both records: most likely first, unsure ones last.

    Each record comes with its person and that person's trusted id numbers, which may come from other
    records; `differs` names the values in which the records disagree. Without `shows_withheld`, pairs
    with a record of health, relief or the party are left out.
    """
    waiting = _waiting(connection, decisions, shows_withheld)[:limit]
    keys = [row[side] for row in waiting for side in ("record_key_l", "record_key_r")]
    plain = {row["record_key"]: row for row in _records_by_key(connection, keys, False, source)}
    shown = plain
    if masked:
        shown = {row["record_key"]: row for row in _records_by_key(connection, keys, True, source)}
    persons = {row[side] for row in waiting for side in ("person_id_l", "person_id_r")}
    withheld = [] if shows_withheld else _withheld_prefixes(connection)
    numbers = _numbers_of(connection, sorted(persons), masked, source, withheld)
    for row in waiting:
        row["reason_label"] = REASONS.get(row["reason"], row["reason"])
        row["evidence"] = _readable(row["evidence"])
        left, right = row.pop("record_key_l"), row.pop("record_key_r")
        row["differs"] = _differing(plain.get(left, {}), plain.get(right, {}))
        row["left"] = _side(shown.get(left), row["person_id_l"], numbers)
        row["right"] = _side(shown.get(right), row["person_id_r"], numbers)
    return waiting


def _waiting(
    connection: duckdb.DuckDBPyConnection, decisions: Sequence[Decision], shows_withheld: bool
) -> list[dict[str, Any]]:
    """Return the waiting pairs, without those decided since the last build unless a build put them back."""
    rows = _rows(connection, QUEUE, [])
    if not shows_withheld:
        rows = _drop_withheld(connection, rows)
    verdicts = {decision.pair: decision.verdict for decision in ruling(decisions)}
    for row in rows:
        if row["reason"] not in ASKED_AGAIN:
            verdict = verdicts.get((row["record_key_l"], row["record_key_r"]))
            row["status"] = {None: row["status"], "unsure": "unsure"}.get(verdict, "decided")
    return [row for status in ("open", "unsure") for row in rows if row["status"] == status]


def _side(
    record: dict[str, Any] | None, person_id: str | None, numbers: dict[str, list[str]]
) -> dict[str, Any] | None:
    """Return one side of a pair; None if the record no longer exists."""
    return record and {**record, "person_id": person_id, "person_numbers": numbers.get(person_id or "", [])}


def _differing(left: dict[str, Any], right: dict[str, Any]) -> list[str]:
    """Return the fields that both records have, with different values."""
    pairs = ((name, left.get(name), right.get(name)) for name in COMPARED)
    return [name for name, one, other in pairs if None not in (one, other) and one != other]


def _numbers_of(
    connection: duckdb.DuckDBPyConnection,
    person_ids: list[str],
    masked: bool,
    source: str,
    withheld: list[str],
) -> dict[str, list[str]]:
    """Return each person's trusted id numbers, except those that only withheld records give."""
    number = MASKED_NUMBER.format("numbers.id_number") if masked else "numbers.id_number"
    found = connection.execute(
        f"""
        select person_id, list({number} order by numbers.id_number)
        from (
            select distinct assigned.person_id, records.id_number
            from lake.identity.person_assignments as assigned
            join {source} as records using (record_key)
            where list_contains(?, assigned.person_id) and assigned.is_number_trusted
                and records.id_number is not null
                and not exists (
                    select 1 from unnest(?) as hidden (prefix)
                    where starts_with(record_key, hidden.prefix::varchar)
                )
        ) as numbers
        group by person_id
        """,
        [person_ids, withheld],
    ).fetchall()
    return dict(found)


def pair_of_review(connection: duckdb.DuckDBPyConnection, review_id: str) -> tuple[str, str]:
    """Return the two record keys of a pair under review.

    Raises:
        LookupError: no pair is under review with this id.
    """
    row = connection.execute(
        "select record_key_l, record_key_r from lake.identity.person_review where review_id = ?", [review_id]
    ).fetchone()
    if row is None:
        raise LookupError(
            f"No pair waits under the id '{review_id}'. `brain person review` lists those that do; "
            "a pair that has left the queue is decided by its record keys: "
            "`brain person decide RECORD_KEY VERDICT --with RECORD_KEY`."
        )
    return row


def _records_of(
    connection: duckdb.DuckDBPyConnection, person_id: str | None, masked: bool, source: str
) -> list[dict[str, Any]]:
    assigned = _rows(
        connection,
        "select record_key, match_rule, match_probability, is_number_trusted "
        "from lake.identity.person_assignments where person_id = ? order by record_key",
        [person_id],
    )
    keys = [row["record_key"] for row in assigned]
    values = {row["record_key"]: row for row in _records_by_key(connection, keys, masked, source)}
    return [
        {**row, "rule_label": RULES.get(row["match_rule"]), **values.get(row["record_key"], {})}
        for row in assigned
    ]


def _records_by_key(
    connection: duckdb.DuckDBPyConnection, keys: list[str], masked: bool, source: str
) -> list[dict[str, Any]]:
    return _rows(
        connection,
        f"select record_key, source_system, source_table, {MASKED_VALUES if masked else PLAIN_VALUES}, "
        f"id_number_status, updated_at from {source} where list_contains(?, record_key) order by record_key",
        [keys],
    )


def _decisions_of(keys: set[str], decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """Return every decision about one of these records, including overruled ones, the newest first."""
    in_force = {decision.decision_no for decision in ruling(decisions)}
    return [
        {**decision.shown(), "is_in_force": decision.decision_no in in_force}
        for decision in sorted(decisions, key=lambda item: -item.decision_no)
        if keys.intersection(decision.pair)
    ]


def _links_of(connection: duckdb.DuckDBPyConnection, person_id: str | None) -> list[dict[str, Any]]:
    links = _rows(
        connection,
        "select record_key_l, record_key_r, match_probability, match_weight, evidence "
        "from lake.identity.person_evidence where person_id = ? order by match_weight desc, record_key_l",
        [person_id],
    )
    return [{**link, "evidence": _readable(link["evidence"])} for link in links]


def _reviews_of(connection: duckdb.DuckDBPyConnection, person_id: str | None) -> list[dict[str, Any]]:
    rows = _rows(
        connection,
        "select review_id, reason, status, match_probability, record_key_l, record_key_r, person_id_l, "
        "person_id_r from lake.identity.person_review where person_id_l = ? or person_id_r = ? "
        "order by review_id",
        [person_id, person_id],
    )
    return [{**row, "reason_label": REASONS.get(row["reason"], row["reason"])} for row in rows]


def _history_of(
    connection: duckdb.DuckDBPyConnection, asked: str, current: str | None
) -> list[dict[str, Any]]:
    return _rows(
        connection,
        "select old_id, new_id, change, as_of, reason from lake.identity.person_id_history "
        "where list_contains(?, old_id) or list_contains(?, new_id) order by as_of, old_id, new_id",
        [[asked, current], [asked, current]],
    )


def _readable(evidence: str | None) -> dict[str, Any]:
    labels = {comparison.name: comparison.label for comparison in shipped_model().comparisons}
    return {labels.get(name, name): value for name, value in json.loads(evidence or "{}").items()}


def _rows(connection: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> list[dict[str, Any]]:
    cursor = connection.execute(query, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
