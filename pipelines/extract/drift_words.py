"""Descriptions of a change in a source: in English for the operator, in Chinese for the owning department.

Both are generated from the same facts (`Drifted`), so that neither is a translation of the other.
"""

from __future__ import annotations

from dataclasses import dataclass

MISSING, NEW, RENAMED, RETYPED, REORDERED = "missing", "new", "renamed", "retyped", "reordered"
# Reported by the file readers and by door 1.
ENCODING, UNKNOWN_CODE, MISSING_TABLE = "encoding", "unknown_code", "missing_table"

# {old} is what was agreed, {new} what was found.
ENGLISH = {
    MISSING_TABLE: "the source has no table '{old}'",
    MISSING: "missing",
    NEW: "new column of type {new}",
    RENAMED: "missing; probably renamed to '{new}', which is new",
    RETYPED: "{old} became {new}",
    REORDERED: "columns come in another order now: {new}",
    ENCODING: "encoding {old} became {new}",
    UNKNOWN_CODE: "codes that are not in the contract's list",
}
CHINESE = {
    MISSING_TABLE: "来源表缺失：来源中没有“{old}”表",
    MISSING: "列缺失",
    NEW: "新增列：类型为 {new}",
    RENAMED: "列疑似更名：原列缺失，新出现“{new}”列",
    RETYPED: "列类型改变：由 {old} 变为 {new}",
    REORDERED: "列次序改变：现为 {new}",
    ENCODING: "编码改变：由 {old} 变为 {new}",
    UNKNOWN_CODE: "出现代码表以外的代码",
}
# Consequences of a change, appended to its description.
LEFT_OUT, NO_WINDOW = "left_out", "no_window"
REMARKS = {
    LEFT_OUT: (", left out for its name", "，因列名不合规范未接入"),
    NO_WINDOW: (
        "; a cursor that is text gives no window, so that the table needs ingest mode 'full'",
        "；增量列为文本时无法按时间窗口抽取，须改为全量抽取",
    ),
}


@dataclass(frozen=True)
class Drifted:
    """One change in a source: its kind, its column, and the policy that applies.

    `old` is what was agreed and `new` what was found, `source_name` the column's name in the source if the
    contract has another, `remark` one of `REMARKS`.
    """

    kind: str
    column: str
    policy: str
    old: str = ""
    new: str = ""
    source_name: str = ""
    remark: str = ""

    @property
    def difference(self) -> str:
        """The difference from the contract, for the operator."""
        said = ENGLISH[self.kind].format(old=self.old, new=self.new)
        if self.source_name:
            said = said.replace("missing", f"missing (the source's name for it: '{self.source_name}')", 1)
        return said + (REMARKS[self.remark][0] if self.remark else "")

    @property
    def in_chinese(self) -> str:
        """The difference from the contract, for the owning department."""
        said = CHINESE[self.kind].format(old=self.old, new=self.new)
        if self.source_name:
            said += f"（来源中的列名为“{self.source_name}”）"
        return said + (REMARKS[self.remark][1] if self.remark else "")
