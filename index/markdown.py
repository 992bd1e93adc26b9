"""Markdown files: their signs laid bare, so that outline and sentences see the words alone.

Not through a parser: what Markdown makes of a page numbers lists anew, joins lines and drops cells beyond the head of
their table, and it takes the two stars with which reports blank out names for bold.
"""

import re
from collections.abc import Iterator, Sequence

from index.encoding import decode
from index.readings import Line, Reading, bounded
from index.tables import GridCell, GridRow, table_lines

_LINE_END = re.compile("\r\n?")
# What stands between two rules at the top describes the file; of it the title belongs to the text.
_FRONT = re.compile(r"---\s*\n(?:(?:[A-Za-z_][\w-]*:.*|[ \t#-].*|)\n){0,50}?(?:---|\.\.\.)[ \t]*(?:\n|$)")
_TITLE = re.compile(r"^title:[ \t]*(['\"]?)(.+?)\1[ \t]*$", re.MULTILINE)
# A mark of a note, and the note.
_MARK = re.compile(r"\[\^([^\[\]\s]{1,40})\](?!:)")
_NOTE = re.compile(r"^\[\^([^\[\]\s]{1,40})\]:[ \t]*(.*)$", re.MULTILINE)
_QUOTE = re.compile("(?: {0,3}>(?![0-9=]) ?)+")
# A rule, what underlines a heading, and the fences around code: no words.
_WORDLESS = re.compile(r" *(?:([-*_])(?: *\1){2,}|={3,}|`{3,} *[A-Za-z]*) *")
_HEADING = re.compile(" {0,3}(#{1,6})[ \u3000]+")
_BULLET = re.compile(r" *[-*+] +(?:\[[ xX]\] +)?(?=\S)")
# The row of dashes below the head of a table.
_BELOW_HEAD = re.compile(r" *\|? *:?-+:? *(?:\| *:?-+:? *)*\|? *")
_PIPE = re.compile(r"(?<!\\)\|")
# Two stars where a number follows are bold; elsewhere only where no line of the file has one without its partner.
_BOLD_NUMBER = re.compile(r"^([ \u3000]*)\*\*(?=[一二三四五六七八九十（(0-9第①-⑳])([^*\n]+)\*\*")
_STARS = re.compile(r"(?<![*\\])\*\*(?!\*)")
_BOLD = re.compile(r"(?<![*\\])\*\*(?![*\s])([^*\n]*[^*\s\\])\*\*(?!\*)")
# Spans are bounded, since each beginning is tried: a file may be made of nothing but beginnings.
_CODE = re.compile(r"(?<!`)(`{1,3})(?!`)(.{1,200}?)(?<!`)\1(?!`)")
_LINK = re.compile(r"(!?)\[([^\[\]\n]{0,500})\]\(([^()\s]{1,500})(?: +\"[^\"\n]{0,200}\")?\)")
_ADDRESS = re.compile("[./#:]")
_BREAK = re.compile("<br ?/?>", re.IGNORECASE)
# An em space indents as the wide space does, which outline and paragraphs know.
_ENTITIES = {"nbsp": "\xa0", "ensp": " ", "emsp": "\u3000", "amp": "&", "lt": "<", "gt": ">", "quot": '"'}
_ENTITY = re.compile(f"&({'|'.join(_ENTITIES)});")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def markdown_text(name: str, data: bytes) -> Reading:
    """Return the words of a Markdown file, a line each. Raises UnreadableDocument, naming the file."""
    text = _with_title(_LINE_END.sub("\n", decode(name, data)))
    return Reading(lines=tuple(bounded(name, _lines(_with_notes(text)))))


def _with_title(text: str) -> str:
    """Return the text with the title that describes the file as its first line, in place of what describes it."""
    front = _FRONT.match(text)
    if front is None:
        return text
    title = _TITLE.search(front.group())
    return (f"{title.group(2)}\n" if title else "") + text[front.end() :]


def _with_notes(text: str) -> list[str]:
    """Return the lines, each note below the one with its mark; one that a table refers to stays where it is."""
    notes: dict[str, str] = dict(_NOTE.findall(text))
    known = frozenset(notes)
    result = []
    for line in text.split("\n"):
        note = _NOTE.match(line)
        if note:
            result += [notes.pop(note.group(1))] if note.group(1) in notes else []
            continue
        result.append(_MARK.sub(lambda mark: "" if mark.group(1) in known else mark.group(), line))
        if "|" not in line:
            result += [notes.pop(mark) for mark in _MARK.findall(line) if mark in notes]
    return result


def _lines(written: Sequence[str]) -> Iterator[Line]:
    written = [_without_quote(line) for line in written]
    bold = all(len(_STARS.findall(_BOLD_NUMBER.sub("", line))) % 2 == 0 for line in written)
    place = 0
    while place < len(written):
        end = _table_end(written, place)
        if end > place:
            yield from table_lines(_rows(written[place:end], bold=bold))
            place = end
        else:
            yield from _line(written[place], bold=bold)
            place += 1


def _without_quote(line: str) -> str:
    quote = _QUOTE.match(line)
    return line[quote.end() :] if quote else line


def _line(written: str, *, bold: bool) -> Iterator[Line]:
    """Yield a line without its signs. An entry of a list has a blank one before it, so that it is joined with none."""
    heading = _HEADING.match(written)
    bullet = _BULLET.match(written)
    if _WORDLESS.fullmatch(written):
        yield Line(text="")
    elif heading:
        words = written[heading.end() :].rstrip(" ").rstrip("#").rstrip(" \u3000")
        yield Line(text=_plain(words, bold=bold), level=len(heading.group(1)))
    elif bullet:
        yield Line(text="")
        yield Line(text=_plain(written[bullet.end() :], bold=bold))
    else:
        yield Line(text=_plain(written, bold=bold))


def _table_end(written: Sequence[str], place: int) -> int:
    """Return the place after the table that begins at `place`, `place` itself where none does."""
    below = written[place + 1] if place + 1 < len(written) else ""
    if not _PIPE.search(written[place]) or "|" not in below or not _BELOW_HEAD.fullmatch(below):
        return place
    end = place + 2
    while end < len(written) and _PIPE.search(written[end]):
        end += 1
    return end


def _rows(written: Sequence[str], *, bold: bool) -> list[GridRow]:
    return [
        GridRow(cells=tuple(_cells(line, bold=bold)), is_head=place == 0)
        for place, line in enumerate(written)
        if place != 1
    ]


def _cells(written: str, *, bold: bool) -> Iterator[GridCell]:
    pieces = _PIPE.split(written.strip())
    # The pipes at both ends of a row are a frame.
    inner = pieces[not pieces[0] : len(pieces) - (not pieces[-1])]
    for piece in inner:
        lines = _plain(piece.strip(), bold=bold).split("\n")
        yield GridCell(lines=tuple(Line(text=line) for line in lines if line.strip()))


def _plain(words: str, *, bold: bool) -> str:
    """Return words without the signs within them; a line break of HTML is one."""
    words = _BOLD_NUMBER.sub(r"\1\2", words)
    words = _BOLD.sub(r"\1", words) if bold else words
    words = _LINK.sub(_label, _CODE.sub(r"\2", words))
    words = _ENTITY.sub(lambda entity: _ENTITIES[entity.group(1)], _BREAK.sub("\n", words))
    return _ESCAPE.sub(r"\1", words)


def _label(link: re.Match[str]) -> str:
    """Return what a link is called; an image shows no words, and what leads nowhere is no link."""
    if not _ADDRESS.search(link.group(3)):
        return link.group()
    return "" if link.group(1) else link.group(2)
