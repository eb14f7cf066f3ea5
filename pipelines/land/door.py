"""Door 1: a contract's rules compiled to SQL that checks a batch in bulk.

Values are cast to the contract's types. Each failed cast, broken rule or payload that is
not even JSON yields a readable reason. Only `required` rules judge nulls: all other rules
ignore them.

No number silently becomes a different one: 1.5 is not an integer, infinity and `NaN` are
not numbers, and a decimal that gets rounded is flagged. A zero date is MySQL's notation for
no date: it lands as null and is flagged. A text with a NUL is quarantined: the lake's catalog
truncates a text there, and no query that compares with it can be planned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines.contracts import Rule, TableContract
from pipelines.extract.quoting import literal, quoted
from pipelines.extract.raw_rows import FOREIGN, OTHER_SENDER, RAW, UNREADABLE

RAW_VALUES = "_raw_values"
ZERO_DATE = "0000-00-00"
NUL, NUL_SHOWN = "chr(0)", r"\u0000"
CELL_ERRORS = ("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#ERROR!")
SCIENTIFIC = r"\s*[-+]?\d(\.\d+)?[eE]\+\d{2,3}\s*"
# The relative error of storing 0.1 in binary, or of adding 0.2 to it: not a rounding by anyone.
ROUNDING_NOISE, ROUNDING_NOISE_OF_FLOATS = 1e-12, 1e-6


@dataclass(frozen=True)
class Door:
    """The SQL of one table's door over one raw relation.

    `raw_types` gives the relation's columns and their types; text is cast.
    """

    table: TableContract
    raw_types: Mapping[str, str]
    extra_columns: tuple[str, ...] = ()

    def typed(self, name: str) -> str:
        """Return a column in the contract's type; null if the cast fails or would change the number."""
        raw_type = self.raw_types[name]
        if raw_type == self.table.column(name).duckdb_type:
            return quoted(name)
        if raw_type != "VARCHAR":
            return self._cast(name, quoted(name))
        # A cast ignores spaces but not full-width ones: a value that it rejects is trimmed and cast again.
        return f"coalesce({self._cast(name, quoted(name))}, {self._cast(name, f'trim({quoted(name)})')})"

    def _cast(self, name: str, value: str) -> str:
        kind = self.table.column(name).duckdb_type
        cast = f"try_cast({value} as {kind})"
        if kind == "DOUBLE":
            return f"case when isfinite({cast}) then {cast} end"
        if self.table.column(name).logical_type == "integer" and self._may_have_fractions(name):
            return f"case when {cast} = try_cast({value} as double) then {cast} end"
        return cast

    def _may_have_fractions(self, name: str) -> bool:
        return self.raw_types[name].startswith(("VARCHAR", "DOUBLE", "FLOAT", "DECIMAL"))

    def typed_hash(self) -> str:
        """Return the hash that identifies a row by its landed values."""
        return f"hash({', '.join(self.typed(name) for name in self.table.column_names)})"

    def raw_hash(self) -> str:
        """Return a hash of what the source sent; the same message from another device hashes differently."""
        columns = [quoted(name) for name in self.table.column_names]
        sent = ", ".join([quoted(RAW)] if RAW in self.raw_types else columns)
        if OTHER_SENDER in self.raw_types:
            # Otherwise a message sent earlier by another device would pass for the one from its own device.
            return f"case when {quoted(OTHER_SENDER)} then hash({sent}, true) else hash({sent}) end"
        return f"hash({sent})"

    def raw_row(self) -> str:
        """Return the row of `checked()` as the source sent it, as JSON text."""
        # JSON escapes a NUL like this; only text that is not JSON can contain a raw one.
        return (
            _without_nul(RAW_VALUES) if RAW in self.raw_types else f"cast(to_json({RAW_VALUES}) as varchar)"
        )

    def record_id(self) -> str:
        """Return the key values as `_source_record_id`; missing ones are empty parts."""
        return joined_key(
            [f"coalesce(cast({quoted(name)} as varchar), '')" for name in self.table.primary_key]
        )

    def shown_record_id(self) -> str:
        """Return `record_id()` with NULs escaped, for a row that may have been quarantined for one."""
        return _without_nul(self.record_id())

    def rules(self) -> list[Rule]:
        """Return every check for this relation: readability first, then casts, then the contract's rules."""
        reading = [self._reading_rule(mark) for mark in self._marks()]
        return [*reading, *self._landing_rules(), *self.table.rules]

    def holds(self, action: str) -> str:
        """Return a condition on `checked()`: no rule with that action is broken."""
        conditions = [self._holds(rule) for rule in self.rules() if rule.action == action]
        return " and ".join(conditions) or "true"

    def broken(self) -> str:
        """Return the broken rules of a row of `checked()` as a list of structs, in rule order."""
        entries = ", ".join(
            f"case when not {self._holds(rule)} then {{'rule_code': '{literal(rule.code)}', "
            f"'column_name': '{literal(rule.column)}', 'finding': '{literal(rule.finding)}', "
            f"'action': '{literal(rule.action)}', 'reason': '{literal(rule.reason)}'}} end"
            for rule in self.rules()
        )
        return f"list_filter([{entries}], lambda entry: entry is not null)"

    @property
    def is_typed(self) -> bool:
        """Whether the relation's columns already have the contract's types."""
        return not self._cast_columns()

    def judged(self, relation: str) -> str:
        """Return `checked()` with `_is_kept` and `_is_clean`: no quarantining, or flagging, rule is broken.

        `_raw_row` is set only for rows that are not kept: serialising every row to JSON would cost
        more than all of the rules.
        """
        return f"""
            select * exclude ({RAW_VALUES}), case when not _is_kept then {self.raw_row()} end as _raw_row
            from (
                select *, {self.holds("quarantine")} as _is_kept, {self.holds("flag")} as _is_clean
                from ({self.checked(relation)})
            )
        """

    def checked(self, relation: str) -> str:
        """Return a select of the typed columns, the other inputs of the rules, and the raw values."""
        cast = self._cast_columns()
        typed = [f"{self.typed(name)} as {_typed_column(name)}" for name in cast]
        columns = [
            f"{_typed_column(name)} as {quoted(name)}" if name in cast else quoted(name)
            for name in self.table.column_names
        ]
        # A value that was cast is neither blank nor a zero date, and needs no second check.
        casts = [
            f"({_typed_column(name)} is not null or {self._is_blank(name)}) as {quoted('_casts_' + name)}"
            for name in cast
        ]
        casts += [
            f"({_typed_column(name)} is not null or not {self._is_zero_date(name)}) "
            f"as {quoted('_dated_' + name)}"
            for name in self._dates_as_text()
        ]
        casts += [f"{self._is_exact(name)} as {quoted('_exact_' + name)}" for name in self._rounded_columns()]
        marks = [quoted(mark) for mark in self._marks()]
        raw = [f"{self._raw_values()} as {RAW_VALUES}", f"{self.raw_hash()} as _row_hash"]
        extra = [quoted(name) for name in self.extra_columns]
        return f"""
            select {", ".join([*columns, *extra, *casts, *marks, *raw])}
            from (select {", ".join(["*", *typed])} from {relation})
        """

    def _holds(self, rule: Rule) -> str:
        """One reason per fault: a value that cannot be read or cast is not also reported as missing."""
        if rule.code.startswith(tuple(f"{code}." for code in LANDING_RULES)) or rule in READING_RULES:
            return f"({rule.good})"
        excuses = [quoted(mark) for mark in self._marks()]
        if rule.column in self._cast_columns():
            excuses.append(f"not {quoted('_casts_' + rule.column)}")
        return f"({' or '.join([*excuses, f'coalesce({rule.good}, true)'])})"

    def _raw_values(self) -> str:
        if RAW in self.raw_types:
            return quoted(RAW)
        packed = ", ".join(f"{quoted(name)} := {quoted(name)}" for name in self.table.column_names)
        return f"struct_pack({packed})"

    def _marks(self) -> list[str]:
        # A row waits under its first fault: one that waits as foreign was not sent by another.
        return [mark for mark in (UNREADABLE, OTHER_SENDER, FOREIGN) if mark in self.raw_types]

    def _reading_rule(self, mark: str) -> Rule:
        if mark in MARKED:
            return MARKED[mark]
        return TORN if self.table.ingest.mode == "files" else MALFORMED

    def _is_blank(self, name: str) -> str:
        blank = f" or ltrim({quoted(name)}) = ''" if self.raw_types[name] == "VARCHAR" else ""
        zero = f" or {self._is_zero_date(name)}" if name in self._dates_as_text() else ""
        return f"{quoted(name)} is null{blank}{zero}"

    def _is_zero_date(self, name: str) -> str:
        return f"coalesce(starts_with(ltrim({quoted(name)}), '{ZERO_DATE}'), false)"

    def _dates_as_text(self) -> list[str]:
        return [
            name
            for name in self._cast_columns()
            if self.raw_types[name] == "VARCHAR"
            and self.table.column(name).logical_type in ("date", "timestamp")
        ]

    def _rounded_columns(self) -> list[str]:
        return [
            name
            for name in self._cast_columns()
            if self.table.column(name).duckdb_type.startswith("DECIMAL") and self._may_have_fractions(name)
        ]

    def _is_exact(self, name: str) -> str:
        value = f"trim({quoted(name)})" if self.raw_types[name] == "VARCHAR" else quoted(name)
        sent = f"try_cast({value} as double)"
        noise = ROUNDING_NOISE_OF_FLOATS if self.raw_types[name] == "FLOAT" else ROUNDING_NOISE
        difference = f"abs(cast({_typed_column(name)} as double) - {sent})"
        return f"coalesce({difference} <= {noise} * greatest(1, abs({sent})), true)"

    def _cast_columns(self) -> list[str]:
        expected = {column.name: column.duckdb_type for column in self.table.columns}
        return [name for name, kind in expected.items() if self.raw_types[name] != kind]

    def _landing_rules(self) -> list[Rule]:
        """Return the rules for the results of casts, and for doubles that arrive typed and are not cast."""
        doubles = [
            column.name
            for column in self.table.columns
            if self.raw_types[column.name] == column.duckdb_type == "DOUBLE"
        ]
        return [
            *(self._rule("nul", name, _has_no_nul(name)) for name in self._texts()),
            *(self._rule("type", name, quoted(f"_casts_{name}")) for name in self._cast_columns()),
            *(self._rule("type", name, f"coalesce(isfinite({quoted(name)}), true)") for name in doubles),
            *(self._rule("rounded", name, quoted(f"_exact_{name}")) for name in self._rounded_columns()),
            *(self._rule("zero_date", name, quoted(f"_dated_{name}")) for name in self._dates_as_text()),
            *(self._rule("digits_lost", name, _has_its_digits(name)) for name in self._texts_in_files()),
            *(self._rule("cell_error", name, _is_no_error(name)) for name in self._texts_in_files()),
        ]

    def _texts(self) -> list[str]:
        """Return the columns that land as text, including those that the contract does not know."""
        texts = [column.name for column in self.table.columns if column.duckdb_type == "VARCHAR"]
        return [*texts, *(name for name in self.extra_columns if self.raw_types[name] == "VARCHAR")]

    def _texts_in_files(self) -> list[str]:
        """Return text columns in which a spreadsheet may have put numbers or error values."""
        if self.table.ingest.mode != "files":
            return []
        numbers = self.table.staging.get("numbers") or ()
        texts = (column.name for column in self.table.columns if column.logical_type == "string")
        return [name for name in texts if name not in numbers]

    def _rule(self, code: str, name: str, good: str) -> Rule:
        dimension, standard, action, finding, reason = LANDING_RULES[code]
        label = name if name in self.extra_columns else self.table.column(name).label
        said = f"{label}{reason}"
        return Rule(f"{code}.{name}", good, dimension, standard, action, finding, name, said)


def joined_key(parts: Sequence[str]) -> str:
    """Join a key's values with '|' injectively: if one of them contains a '|', all are escaped.

    Staging builds the keys of other tables' records the same way (`record_id_of`).
    """
    joined = f"concat_ws('|', {', '.join(parts)})"
    if len(parts) == 1:
        return joined
    escaped = ", ".join(f"replace(replace({part}, '!', '!!'), '|', '!|')" for part in parts)
    is_ambiguous = " or ".join(f"contains({part}, '|')" for part in parts)
    return f"case when {is_ambiguous} then concat_ws('|', {escaped}) else {joined} end"


def _has_no_nul(name: str) -> str:
    return f"coalesce(not contains({quoted(name)}, {NUL}), true)"


def _without_nul(text: str) -> str:
    return f"replace({text}, {NUL}, '{NUL_SHOWN}')"


def _has_its_digits(name: str) -> str:
    """Return the condition that a code was not turned into 3.40402E+19; only candidates are examined."""
    text = quoted(name)
    is_number = f"regexp_full_match({text}, '{SCIENTIFIC}')"
    may_be = f"contains({text}, 'E+') or contains({text}, 'e+')"
    return f"coalesce(case when {may_be} then not {is_number} end, true)"


def _is_no_error(name: str) -> str:
    """Return the condition that a text is not #N/A, a spreadsheet's result of a failed look-up."""
    errors = ", ".join(f"'{literal(error)}'" for error in CELL_ERRORS)
    return f"coalesce({quoted(name)} not in ({errors}), true)"


LANDING_RULES = {
    "nul": ("conformity", "0102", "quarantine", "text_nul", "含空字符(U+0000),无法入库,请在源系统中更正"),
    "digits_lost": (
        "accuracy",
        "0301",
        "quarantine",
        "digits_lost",
        "被存成了数字(科学计数法),末几位已丢失,请按文本重新报送",
    ),
    "cell_error": ("accuracy", "0301", "quarantine", "cell_error", "是电子表格的公式错误值,不是数据"),
    "type": ("conformity", "0102", "quarantine", "type_mismatch", "不能转换为约定的类型"),
    "rounded": ("accuracy", "0301", "flag", "value_rounded", "的小数位多于约定,已四舍五入"),
    "zero_date": ("conformity", "0102", "flag", "date_zero", "是零日期,按空值处理"),
}
MALFORMED = Rule(
    "malformed_json", f'not "{UNREADABLE}"', "conformity", "0102", "quarantine", "malformed_json", "",
    "消息不是合法的 JSON 对象,无法解析",
)  # fmt: skip
MISROUTED = Rule(
    "message_of_another_table", f'not "{FOREIGN}"', "conformity", "0102", "quarantine", "message_misrouted",
    "", "消息的字段不属于这张表",
)  # fmt: skip
TORN = Rule(
    "row_malformed", f'not "{UNREADABLE}"', "conformity", "0102", "quarantine", "row_malformed", "",
    "文件中的这一行列数不符或含无法识别的字符,无法读取",
)  # fmt: skip
SENT_BY_ANOTHER = Rule(
    "message_of_another_sender", f'not "{OTHER_SENDER}"', "consistency", "0401", "quarantine",
    "sender_mismatch", "", "消息主题所属的设备与消息内容中的设备不一致,疑为冒用",
)  # fmt: skip
MARKED = {FOREIGN: MISROUTED, OTHER_SENDER: SENT_BY_ANOTHER}
READING_RULES = (MALFORMED, TORN, MISROUTED, SENT_BY_ANOTHER)


def _typed_column(name: str) -> str:
    return f'"_typed_{name}"'
