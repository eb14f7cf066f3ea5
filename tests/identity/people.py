"""Records in the shape that staging gives them, written by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import duckdb

from pipelines.identity import Decision, IdentityOutcome, resolve_persons
from pipelines.identity.decisions import number_digest

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
NOON = datetime(2026, 6, 30, 12, tzinfo=timezone(timedelta(hours=8)))
KEY = bytes(32)
TABLE = "lake.intermediate.int_persons_candidates"
COLUMNS = {
    "record_key": "varchar",
    "source_system": "varchar",
    "source_table": "varchar",
    "source_record_id": "varchar",
    "id_type_code": "varchar",
    "id_number": "varchar",
    "id_number_status": "varchar",
    "id_number_unverified": "varchar",
    "name_standard": "varchar",
    "former_name": "varchar",
    "name_raw": "varchar",
    "sex_code": "varchar",
    "birth_date": "date",
    "birth_year": "integer",
    "birth_month": "integer",
    "birth_day": "integer",
    "phone": "varchar",
    "address_standard": "varchar",
    "estate_key": "varchar",
    "house_code": "varchar",
    "community_code": "varchar",
    "owned_house_code": "varchar",
    "work_community_code": "varchar",
    "inferred_id_number": "varchar",
    "hukou_no": "varchar",
    "is_deleted": "boolean",
    "status_code": "varchar",
    "updated_at": "timestamptz",
}
SYSTEMS = {
    "case": "affairs", "worker": "civil_affairs", "elder": "elder_care", "unit": "property",
    "training_record": "training", "volunteer": "volunteering",
}  # fmt: skip
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高"
GIVEN = "国建华明德志永福荣平林海春玉成文清新光学友才贵发树兴保全善良忠仁家传广道"


def number_of(birth: date, sequence: int, region: str = "340491") -> str:
    """A valid identity number of a test region."""
    body = f"{region}{birth:%Y%m%d}{sequence:03d}"
    rest = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11
    return body + "10X98765432"[rest]


class People:
    """Candidates of one test, and what identity says of them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self.connection = connection
        self.decisions: list[Decision] = []
        connection.execute(
            f"create table {TABLE} ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})"
        )

    def add(self, table: str, record_id: str, name: str, birth: date | None = None, **values: Any) -> str:
        """Add a record of `table` and return its key."""
        system = SYSTEMS.get(table, "population")
        number = values.pop("number", None)
        row = dict.fromkeys(COLUMNS) | {
            "record_key": f"{system}|{table}|{record_id}",
            "source_system": system,
            "source_table": table,
            "source_record_id": record_id,
            "id_type_code": "111",
            "id_number": number,
            "id_number_status": "valid" if number else "missing",
            "name_standard": name,
            "name_raw": name,
            "birth_date": birth,
            "birth_year": birth and birth.year,
            "birth_month": birth and birth.month,
            "birth_day": birth and birth.day,
            "is_deleted": False,
            "status_code": "1",
            "updated_at": NOON,
        }
        row |= values
        self.connection.execute(
            f"insert into {TABLE} values ({', '.join('?' for _ in row)})", list(row.values())
        )
        return row["record_key"]

    def add_strangers(self, count: int, first_birth: date, step: timedelta) -> None:
        """Add people that nobody shares anything with."""
        for place in range(count):
            birth = first_birth + place * step
            name = (
                SURNAMES[place % len(SURNAMES)]
                + GIVEN[place * 7 % len(GIVEN)]
                + GIVEN[place // len(GIVEN) % len(GIVEN)]
            )
            self.add(
                "hj_person", f"S{place:04d}", name, birth,
                number=number_of(birth, place % 500 * 2 + 1), sex_code="1", phone=f"139{place:08d}",
                house_code=f"340403001001{place:013d}", community_code=f"3404030010{place % 40:02d}",
                hukou_no=f"9{place:08d}",
            )  # fmt: skip

    def change(self, record_key: str, **values: Any) -> None:
        """Correct a record at its source."""
        for name, value in values.items():
            self.connection.execute(
                f"update {TABLE} set {name} = ? where record_key = ?", [value, record_key]
            )

    def decide(self, one: str, other: str, verdict: str, wrong_number_of: str | None = None) -> Decision:
        """Keep a steward's decision for the next resolution."""
        digest = wrong_number_of and number_digest(KEY, wrong_number_of, self.number(wrong_number_of))
        decision = Decision(
            len(self.decisions) + 1, *sorted((one, other)), verdict, "seen on paper", "steward",
            wrong_number_of=wrong_number_of, wrong_number_digest=digest,
        )  # fmt: skip
        self.decisions.append(decision)
        return decision

    def number(self, record_key: str) -> str | None:
        """The identity number that a record carries."""
        return self.connection.execute(
            f"select id_number from {TABLE} where record_key = ?", [record_key]
        ).fetchone()[0]

    def resolve(self, as_of: date = date(2026, 6, 30)) -> IdentityOutcome:
        """Run identity on what is there."""
        return resolve_persons(self.connection, as_of=as_of, decisions=self.decisions, key=KEY)

    def person(self, record_key: str) -> str | None:
        """The person that a record was given."""
        row = self.connection.execute(
            "select person_id from lake.identity.person_assignments where record_key = ?", [record_key]
        ).fetchone()
        return row and row[0]

    def rule(self, record_key: str) -> str:
        """By which rule a record was given its person."""
        return self.connection.execute(
            "select match_rule from lake.identity.person_assignments where record_key = ?", [record_key]
        ).fetchone()[0]

    def same(self, *record_keys: str) -> bool:
        """Whether all these records are of one person."""
        return len({self.person(key) for key in record_keys}) == 1

    def reviews(self, *record_keys: str) -> set[str]:
        """Why pairs with one of these records wait for a person."""
        return {
            reason
            for (reason,) in self.connection.execute(
                "select reason from lake.identity.person_review "
                "where list_contains(?, record_key_l) or list_contains(?, record_key_r)",
                [list(record_keys), list(record_keys)],
            ).fetchall()
        }

    def table(self, name: str) -> list[tuple]:
        """All rows of an identity table, in order."""
        return self.connection.execute(f"select * from lake.identity.{name} order by all").fetchall()
