"""PDF files with Chinese text, drawn by code: an Identity-H font that says in its ToUnicode map what it draws."""

import zlib

SIZE = 16
LEFT, TOP, LINE = 90, 760, 28
HEAD, FOOT = 805, 40
# Of the pieces that this cuts, none is one character alone: without a real font pdfium drops such a line.
WIDE = 23
_MAP = (
    b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def /CMapType 2 def\n"
    b"1 begincodespacerange <0000> <FFFF> endcodespacerange\n%s\nendcmap end end"
    % b"\n".join(
        b"100 beginbfrange\n%s\nendbfrange"
        % b"\n".join(b"<%02X00> <%02XFF> <%02X00>" % (high, high, high) for high in range(first, min(first + 100, 256)))
        for first in range(0, 256, 100)
    )
).replace(b"100 beginbfrange\n<C800>", b"56 beginbfrange\n<C800>")
# A picture of one grey dot.
_PICTURE = (
    b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\n"
    b"stream\n\x80\nendstream"
)


def chinese_pdf(*pages, head="", foot="", wide=WIDE):
    """Return a PDF. A page is a list of lines, each cut at `wide` characters as at the edge of the paper; None is a
    scanned page. `head` and `foot` stand on each page, with {} for its number."""
    contents = []
    for number, page in enumerate(pages, start=1):
        if page is None:
            contents.append(b"q 400 0 0 600 90 100 cm /I1 Do Q")
            continue
        drawn = [(HEAD, head.format(number))] if head else []
        broken = [line[at : at + wide] for line in page for at in range(0, len(line), wide)]
        drawn += [(TOP - LINE * place, line) for place, line in enumerate(broken)]
        drawn += [(FOOT, foot.format(number))] if foot else []
        contents.append(b"\n".join(_drawn(height, line) for height, line in drawn))
    return _file(contents)


def ruled_pdf(*pages):
    """Return a PDF. A page is a list of texts, (left, height, text), and of lines, (left, bottom, right, top)."""
    return _file([b"\n".join(_ruling(item) if len(item) == 4 else _drawn(*item[1:], left=item[0]) for item in page)
                  for page in pages])  # fmt: skip


def _ruling(line):
    return b"%d %d m %d %d l S" % line


def _drawn(height, line, *, left=LEFT):
    hexed = line.encode("utf-16-be").hex().upper().encode()
    return b"BT /F1 %d Tf %d %d Td <%s> Tj ET" % (SIZE, left, height, hexed)


def _file(contents):
    count = len(contents)
    kids = b" ".join(b"%d 0 R" % (8 + 2 * place) for place in range(count))
    packed = zlib.compress(_MAP)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Song /Encoding /Identity-H /DescendantFonts [4 0 R] "
        b"/ToUnicode 5 0 R >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Song /DW 1000 /FontDescriptor 7 0 R "
        b"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed),
        _PICTURE,
        b"<< /Type /FontDescriptor /FontName /Song /Flags 4 /FontBBox [0 -120 1000 880] /ItalicAngle 0 "
        b"/Ascent 880 /Descent -120 /CapHeight 700 /StemV 80 >>",
    ]
    for place, content in enumerate(contents):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> /XObject << /I1 6 0 R >> >> >>" % (9 + 2 * place)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return _numbered(objects)


def _numbered(objects):
    body, offsets = b"%PDF-1.4\n", []
    for number, item in enumerate(objects, start=1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return b"%sxref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (
        body, size, table, size, len(body),
    )  # fmt: skip
