"""Tagged rows as CSV, Excel and Parquet files. Each writer streams: no file is held in memory whole."""

import csv
import zipfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from service.shapes import TAG_FIELDS, Json

PATH_SEPARATOR = " > "
# Excel's own limit is 1,048,576 rows with the heading.
ROWS_PER_SHEET = 1_000_000
ROWS_PER_GROUP = 50_000
_NUMBERS = {"ordinal": "int32", "start": "int32", "end": "int32", "confidence": "float64", "abstained": "bool_"}


def write_csv(rows: Iterator[Json], path: Path) -> None:
    """Write rows as CSV with a byte order mark, without which Excel takes Chinese for noise."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(TAG_FIELDS)
        writer.writerows(_cells(row) for row in rows)


def write_xlsx(rows: Iterator[Json], path: Path) -> None:
    """Write rows as an Excel workbook, a new sheet after every million rows."""
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    sheet = None
    for number, row in enumerate(rows):
        if sheet is None or number % ROWS_PER_SHEET == 0:
            sheet = _new_sheet(workbook)
        sheet.append([_excel_cell(sheet, value) for value in _cells(row)])
    if sheet is None:
        _new_sheet(workbook)
    workbook.save(path)


def write_parquet(rows: Iterator[Json], path: Path) -> None:
    """Write rows as Parquet, typed; `path` and `secondary` are lists of strings."""
    import pyarrow
    from pyarrow import parquet

    lists = pyarrow.list_(pyarrow.string())
    kinds = {"path": lists, "secondary": lists, **{name: getattr(pyarrow, kind)() for name, kind in _NUMBERS.items()}}
    schema = pyarrow.schema([(name, kinds.get(name, pyarrow.string())) for name in TAG_FIELDS])
    with parquet.ParquetWriter(path, schema) as writer:
        while group := list(islice(rows, ROWS_PER_GROUP)):
            writer.write_table(pyarrow.Table.from_pylist(group, schema=schema))


TABLE_WRITERS: dict[str, Callable[[Iterator[Json], Path], None]] = {
    ".csv": write_csv,
    ".xlsx": write_xlsx,
    ".parquet": write_parquet,
}


def holds_tags(path: Path) -> bool:
    """Return whether a file is a table that one of the writers made, or holds nothing at all."""
    try:
        return path.stat().st_size == 0 or _HEADINGS[path.suffix.lower()](path) == TAG_FIELDS
    except (OSError, ValueError, KeyError, csv.Error, zipfile.BadZipFile):
        return False


def _csv_heading(path: Path) -> tuple[str, ...]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return tuple(next(csv.reader(file), ()))


def _xlsx_heading(path: Path) -> tuple[str, ...]:
    from openpyxl import load_workbook

    workbook = load_workbook(path, read_only=True)
    try:
        return tuple(next(workbook.worksheets[0].iter_rows(max_row=1, values_only=True), ()))
    finally:
        workbook.close()


def _parquet_heading(path: Path) -> tuple[str, ...]:
    from pyarrow import parquet

    return tuple(parquet.read_schema(path).names)


_HEADINGS: dict[str, Callable[[Path], tuple[str, ...]]] = {
    ".csv": _csv_heading,
    ".xlsx": _xlsx_heading,
    ".parquet": _parquet_heading,
}


def _cells(row: Json) -> list[object]:
    joined = {**row, "path": PATH_SEPARATOR.join(row["path"]), "secondary": ",".join(row["secondary"])}
    return [joined[name] for name in TAG_FIELDS]


def _new_sheet(workbook: Any) -> Any:  # noqa: ANN401 - openpyxl publishes no types
    sheet = workbook.create_sheet(f"sentences {len(workbook.worksheets) + 1}")
    sheet.append(list(TAG_FIELDS))
    return sheet


def _excel_cell(sheet: Any, value: object) -> object:  # noqa: ANN401 - openpyxl publishes no types
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", value))
    # A sentence that begins with = is a sentence, not a formula.
    cell.data_type = "s"
    return cell
