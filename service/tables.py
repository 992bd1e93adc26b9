"""Tagged rows as JSON Lines, CSV, Excel and Parquet files. All is streamed: no file is held in memory whole.

What is read from a file of one kind fits the writer of that kind: written again, it is the same file.
"""

import csv
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from service.errors import BadOutput
from service.shapes import TAG_FIELDS, Json

JSON_LINES = ".jsonl"
PATH_SEPARATOR = " > "
# Excel's own limit is 1,048,576 rows with the heading.
ROWS_PER_SHEET = 1_000_000
ROWS_PER_GROUP = 50_000
# Python's own limit is shorter than a sentence may be.
_LONGEST_CELL = 2**31 - 1
# What a spreadsheet takes for a formula or turns into one, with the marks that keep it from that before it.
_FORMULA = re.compile(r"^'('*[=+\-@\t\r])")
_FORMULA_START = re.compile(r"'*[=+\-@\t\r]")
_ROW_START = b'{"document_id": "'
# What a file that is none of ours, or was damaged, makes the readers raise; RuntimeError is what zipfile says of locked
# files and of versions that it does not know.
_UNREADABLE = (ValueError, KeyError, RuntimeError, EOFError, csv.Error, zipfile.BadZipFile, zlib.error, ParseError)
_NUMBERS = {"ordinal": "int32", "start": "int32", "end": "int32", "confidence": "float64", "abstained": "bool_"}


def write_jsonl(rows: Iterator[Json], path: Path) -> None:
    """Write rows as JSON Lines, Chinese as it is."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def write_csv(rows: Iterator[Json], path: Path) -> None:
    """Write rows as CSV with a byte order mark, without which Excel takes Chinese for noise.

    A text that a spreadsheet would run as a formula gets a ' before it; `read_rows` takes it off again.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(TAG_FIELDS)
        writer.writerows(map(_csv_cell, _cells(row)) for row in rows)


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


WRITERS: dict[str, Callable[[Iterator[Json], Path], None]] = {
    JSON_LINES: write_jsonl,
    ".csv": write_csv,
    ".xlsx": write_xlsx,
    ".parquet": write_parquet,
}


def read_rows(path: Path) -> Iterator[Json]:
    """Yield the rows of a file that a writer made; one that is missing or holds nothing at all has none.

    Raises BadOutput for any other file, be it after the first rows.
    """
    if not path.exists() or path.stat().st_size == 0:
        return
    try:
        for row in _READERS[path.suffix.lower()](path):
            if not isinstance(row["document_id"], str) or not isinstance(row["source"], str):
                raise foreign(path)
            yield row
    except _UNREADABLE as error:
        raise foreign(path) from error
    except OSError as error:
        raise BadOutput(f"{path} cannot be read: {error}; choose another name or remove it") from error


def json_lines(path: Path, fields: Sequence[str]) -> Iterator[Json]:
    """Yield the objects of a file of lines, all with these fields, the first of them `document_id`.

    It ends before a last line that was cut off. Raises ValueError for a line of any other kind.
    """
    with path.open("rb") as file:
        for line in file:
            whole = line.endswith(b"\n")
            if not whole and (line.startswith(_ROW_START) or _ROW_START.startswith(line)):
                return
            row = json.loads(line)
            if not whole or not isinstance(row, dict) or tuple(row) != tuple(fields):
                raise ValueError(f"no object of {', '.join(fields)}")
            yield row


def foreign(path: Path) -> BadOutput:
    """Return the fault of a file whose content is somebody else's."""
    return BadOutput(f"{path} holds something else than tagged rows; choose another name or remove it")


def _read_jsonl(path: Path) -> Iterator[Json]:
    return json_lines(path, TAG_FIELDS)


def _read_csv(path: Path) -> Iterator[Json]:
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, strict=True)
        _check_heading(next(rows, ()))
        yield from (_row_of([_FORMULA.sub(r"\1", cell) for cell in row]) for row in rows)


def _read_xlsx(path: Path) -> Iterator[Json]:
    from openpyxl import load_workbook

    workbook = load_workbook(path, read_only=True)
    try:
        for sheet in workbook.worksheets:
            rows = sheet.iter_rows(values_only=True)
            _check_heading(next(rows, ()))
            # Excel leaves rows without a value behind where some were deleted.
            yield from (_row_of(row) for row in rows if any(cell is not None for cell in row))
    finally:
        workbook.close()


def _read_parquet(path: Path) -> Iterator[Json]:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        _check_heading(file.schema_arrow.names)
        for batch in file.iter_batches(batch_size=ROWS_PER_GROUP):
            yield from batch.to_pylist()


_READERS: dict[str, Callable[[Path], Iterator[Json]]] = {
    JSON_LINES: _read_jsonl,
    ".csv": _read_csv,
    ".xlsx": _read_xlsx,
    ".parquet": _read_parquet,
}


def _check_heading(heading: Sequence[object]) -> None:
    if tuple(heading) != TAG_FIELDS:
        raise ValueError("the heading is another")


def _row_of(cells: Sequence[Any]) -> Json:
    """Return the row of a line of cells. The joined ones stay joined, as one item: a name may hold the separator."""
    row = dict(zip(TAG_FIELDS, cells, strict=True))
    return {**row, "path": [row["path"] or ""], "secondary": [row["secondary"] or ""]}


def _cells(row: Json) -> list[object]:
    joined = {**row, "path": PATH_SEPARATOR.join(row["path"]), "secondary": ",".join(row["secondary"])}
    return [joined[name] for name in TAG_FIELDS]


def _csv_cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and _FORMULA_START.match(value) else value


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
