"""Damaged documents: sound ones of all kinds, changed at random, the same for the same number and seed."""

import io
import random
import zipfile
from dataclasses import dataclass

from tests.index.document_cases import CASES, archives
from tests.index.files import zip_bytes

# What parsers trip over: openings without an end, huge numbers, references to themselves, half characters.
TOKENS = (
    b"<",
    b"</",
    b"<!--",
    b"<![CDATA[",
    b"&#x110000;",
    b"&amp",
    b"<!DOCTYPE a [<!ENTITY b '&b;'>]>&b;",
    b"<w:p>",
    b"</w:p>",
    b"<w:tbl><w:tr><w:tc>",
    b'w:val="99999999999999999999"',
    b'w:val="-1"',
    b"<w:ilvl/>",
    b"<p>",
    b"<ol start=99999>",
    b"<li>",
    b"<table><tr><td>",
    b"<pre>",
    b"stream",
    b"endobj",
    b"1 0 R",
    b"2 0 R",
    b"/Kids [2 0 R]",
    b"/Length 99999999",
    b"<<",
    b">>",
    b"999999999999",
    b"-1",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\r",
    b"\n",
    b"\xe4\xb8",
    b"\xed\xa0\x80",
    b"\x1b$)A",
    "一、".encode(),
    "一是".encode(),
    "“".encode(),
    "（".encode(),
    "。".encode(),
    "\u2028".encode(),
    b"{\\rtf1 ",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"**",
    b"# ",
    b"[" * 2000,
    b"{" * 2000,
    b"(" * 2000,
    b"<b>" * 2000,
)
MOST_GROWN = 2_000_000


@dataclass(frozen=True)
class Original:
    """A sound file: its name and its bytes."""

    name: str
    data: bytes


def originals():
    """Return every sound file once, in order."""
    made = [Original(case.file, case.data()) for case in CASES]
    made += [Original("a.zip", data) for _, data, _ in archives()]
    # A suffix may lie: the same bytes under every other name.
    return made + [
        Original(f"b.{kind}", made[place].data) for place, kind in enumerate(("pdf", "html", "doc", "md", "txt"))
    ]


def mutated(made, number, *, seed):
    """Return the damaged file of this number, as an original."""
    chance = random.Random(f"{seed}/{number}")
    original = chance.choice(made)
    data = original.data
    if data.startswith(b"PK") and chance.random() < 0.7:
        return Original(original.name, _inside(data, chance))
    for _ in range(chance.choice((1, 1, 2, 4))):
        data = chance.choice(_CHANGES)(data, chance)
    return Original(original.name, data)


def _inside(data, chance):
    """Return a zip with one of its parts changed and packed again, so that its checksum holds."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(sorted(parts))
    for _ in range(chance.choice((1, 1, 2, 4))):
        parts[name] = chance.choice(_CHANGES)(parts[name], chance)
    return zip_bytes(parts)


def _flip(data, chance):
    changed = bytearray(data)
    for _ in range(chance.choice((1, 3, 20)) if data else 0):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(data, chance):
    return data[: chance.randrange(len(data) + 1)]


def _remove(data, chance):
    start, end = _span(data, chance)
    return data[:start] + data[end:]


def _repeat(data, chance):
    start, end = _span(data, chance)
    times = min(chance.choice((2, 3, 50, 5000)), MOST_GROWN // max(1, end - start) + 1)
    return data[:start] + data[start:end] * times + data[end:]


def _move(data, chance):
    start, end = _span(data, chance)
    rest = data[:start] + data[end:]
    place = chance.randrange(len(rest) + 1)
    return rest[:place] + data[start:end] + rest[place:]


def _insert(data, chance):
    place = chance.randrange(len(data) + 1)
    return data[:place] + chance.choice(TOKENS) * chance.choice((1, 1, 2, 1000)) + data[place:]


def _swap_token(data, chance):
    """Put one token in the place of another that is there."""
    there = [token for token in TOKENS if token in data]
    if not there:
        return _insert(data, chance)
    return data.replace(chance.choice(there), chance.choice(TOKENS), chance.choice((1, 1, 10)))


def _number(data, chance):
    """Change one digit run into a number that is too large, negative or nothing."""
    digits = [place for place, byte in enumerate(data[:5000]) if 48 <= byte <= 57]
    if not digits:
        return _flip(data, chance)
    place = chance.choice(digits)
    return data[:place] + chance.choice((b"99999999999999999999", b"-1", b"", b"4294967296", b"0")) + data[place + 1 :]


def _span(data, chance):
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + chance.choice((1, 10, 100, 2000)))


_CHANGES = (_flip, _flip, _cut, _remove, _repeat, _move, _insert, _insert, _swap_token, _number)
