"""Ruling lines of a PDF page: straight strokes and thin filled boxes, level or upright.

pypdfium2 has read the page already. pdfplumber finds tables too, but reads the file a second time, with a parser
written in Python: 10 to 180 ms for a page, where walking the paths takes a few.
"""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdfium2
from pypdfium2 import raw

# What has more is a drawing.
_MOST_SEGMENTS = 20_000
_THICKEST = 3.0
_LEAST_SLOPE = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A ruling line: its height (its place from the left, if upright), where it begins and where it ends, in points."""

    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The level and the upright ruling lines of a page, in no order."""

    level: tuple[Rule, ...] = ()
    upright: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Point:
    x: float
    y: float


def page_rules(page: pypdfium2.PdfPage) -> Rules:
    """Return the ruling lines of a page as it is shown; none for a drawing. Those in forms within it are not seen."""
    level: list[Rule] = []
    upright: list[Rule] = []
    segments = 0
    turned = page.get_rotation()
    for path in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=1):
        segments += raw.FPDFPath_CountSegments(path)
        if segments > _MOST_SEGMENTS:
            return Rules()
        for box in _path_boxes(path, turned=turned):
            wide, high = box[1].x - box[0].x, box[1].y - box[0].y
            if wide == high == 0:
                continue
            if high <= _THICKEST and wide >= high:
                level.append(Rule(at=(box[0].y + box[1].y) / 2, start=box[0].x, end=box[1].x))
            elif wide <= _THICKEST:
                upright.append(Rule(at=(box[0].x + box[1].x) / 2, start=box[0].y, end=box[1].y))
    return Rules(level=tuple(level), upright=tuple(upright))


def _path_boxes(path: pypdfium2.PdfObject, *, turned: int) -> Iterator[Sequence[_Point]]:
    """Yield two corners for each straight stroke, and for each part that is filled alone; those that slope are left."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not raw.FPDFPath_GetDrawMode(path, fill, stroke):
        return
    for points in _parts(path, turned=turned):
        if not stroke.value and fill.value:
            yield _corners(points)
        elif stroke.value:
            for pair in zip(points, points[1:], strict=False):
                box = _corners(pair)
                if min(box[1].x - box[0].x, box[1].y - box[0].y) <= _LEAST_SLOPE:
                    yield box


def _corners(points: Sequence[_Point]) -> Sequence[_Point]:
    across, up = [point.x for point in points], [point.y for point in points]
    return _Point(x=min(across), y=min(up)), _Point(x=max(across), y=max(up))


def _parts(path: pypdfium2.PdfObject, *, turned: int) -> Iterator[list[_Point]]:
    """Yield the points of each connected part of a path; parts with curves are left out."""
    matrix = path.get_matrix()
    points: list[_Point] = []
    curved = False
    for place in range(raw.FPDFPath_CountSegments(path)):
        segment = raw.FPDFPath_GetPathSegment(path, place)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            if len(points) > 1 and not curved:
                yield points
            points, curved = [], False
        curved |= kind not in {raw.FPDF_SEGMENT_MOVETO, raw.FPDF_SEGMENT_LINETO}
        points.append(_point(segment, matrix, turned=turned))
        if raw.FPDFPathSegment_GetClose(segment):
            points.append(points[0])
    if len(points) > 1 and not curved:
        yield points


def _point(segment: object, matrix: pypdfium2.PdfMatrix, *, turned: int) -> _Point:
    across, up = ctypes.c_float(), ctypes.c_float()
    raw.FPDFPathSegment_GetPoint(segment, across, up)
    x, y = matrix.on_point(across.value, up.value)
    for _ in range(turned // 90):
        x, y = y, -x
    return _Point(x=x, y=y)
