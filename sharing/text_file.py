"""Write a delivery as a text file, with a guide to reading it correctly.

A text file has no types: a program that guesses them turns a 25-digit code into a number,
quoted or not. Texts are quoted for the readers that honour quotes, and the guide beside the
file gives each column's type and how to set it in common programs.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from sharing.contracts import ShareContract

GUIDE = "README.txt"
# Without it a spreadsheet reads the file in its own legacy encoding.
BYTE_ORDER_MARK = "\ufeff"
# Spreadsheets evaluate cells that begin with these characters, including the full-width ones.
FORMULA_START = r"^[=+\-@\t\r\n\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"
NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
GUIDE_TEXT = """\
{label}({subject})

本文件夹内容
  data.parquet   数据。带字段类型,供程序读取,首选。
  data.csv       同一份数据的文本文件(UTF-8,带 BOM,逗号分隔,非数值字段加引号)。
  contract.yaml  数据合同:字段、口径、脱敏方式、授权范围与期限。
  receipt.json   交付回执:各文件的 SHA-256 与签名。

读取 data.csv 时须注意
  CSV 不带字段类型。程序和电子表格会把编码猜成数值:25 位的房屋编码变成 3.4E+24,末几位丢失且无法恢复;
  以 0 开头的编码丢掉开头的 0。加引号并不能阻止这种猜测,请按下列方式之一读取:
  - Excel / WPS:不要双击打开。新建工作簿,「数据」→「从文本/CSV」→ 数据类型检测选「不检测数据类型」,
    或在导入向导中把下列文本字段的列格式设为「文本」。
  - pandas:  pandas.read_csv("data.csv", dtype=str, encoding="utf-8-sig")
  - DuckDB:  select * from read_csv('data.csv', all_varchar = true)
  - Python:  csv.reader(open("data.csv", encoding="utf-8-sig", newline=""))
  - 能读 Parquet 的程序,请直接读 data.parquet。
  以 = + - @ 等开头的文本前加了一个单引号('),以免被电子表格当作公式执行;data.parquet 中没有这个引号。

字段
{columns}
"""


def write_csv(parquet: Path) -> None:
    """Write the rows of a Parquet file as CSV beside it."""
    target = parquet.with_suffix(".csv")
    rows = target.with_suffix(".rows")
    with duckdb.connect() as connection:
        columns = {
            name: kind
            for name, kind, *_ in connection.execute(f"describe from read_parquet('{parquet}')").fetchall()
        }
        safe = ", ".join(
            _spreadsheet_safe(name) if kind == "VARCHAR" else name for name, kind in columns.items()
        )
        quoted = [name for name, kind in columns.items() if not kind.startswith(NUMBERS)]
        options = f"header false, force_quote ({', '.join(quoted)})" if quoted else "header false"
        connection.execute(
            f"copy (select {safe} from read_parquet('{parquet}')) to '{rows}' (format csv, {options})"
        )
    with target.open("wb") as file, rows.open("rb") as body:
        # DuckDB writes neither the byte order mark nor quotes around the column names.
        header = ",".join(f'"{name}"' for name in columns)
        file.write(f"{BYTE_ORDER_MARK}{header}\n".encode())
        shutil.copyfileobj(body, file)
    rows.unlink()


def write_guide(folder: Path, contract: ShareContract) -> None:
    """Write the guide to the files and how to read them, in the recipient's language."""
    columns = "\n".join(
        f"  {column.name:<24}{_kind(column.type)}  {column.label}" for column in contract.columns
    )
    text = GUIDE_TEXT.format(label=contract.label, subject=contract.subject, columns=columns)
    (folder / GUIDE).write_text(BYTE_ORDER_MARK + text, encoding="utf-8")


def _kind(column_type: str) -> str:
    if column_type.startswith(NUMBERS):
        return "数值"
    return "日期" if column_type.startswith(("DATE", "TIMESTAMP")) else "文本"


def _spreadsheet_safe(column: str) -> str:
    return f"if(regexp_matches({column}, '{FORMULA_START}'), '''' || {column}, {column}) as {column}"
