"""Text of HTML pages: block elements as paragraphs, lists with their numbers, without scripts, styles and menus."""

import re
from collections.abc import Mapping

from lxml import etree

from index.encoding import decode
from index.errors import UnreadableDocument
from index.numerals import numeral
from index.page_notes import PageNotes
from index.paragraphs import may_join
from index.readings import MOST_CHARACTERS, Line, Reading, set_apart
from index.tables import GridCell, GridRow, table_lines

_HEAD = 4096
_CHARSET = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([A-Za-z0-9_-]{2,20})""", re.IGNORECASE)
_DECLARED = {"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5hkscs", "utf-8": "utf-8"}
# Tables below this are lines of the cell around them: pages that nest deeper are broken, or made to take time.
_DEEPEST_TABLE = 20
# The parser looks through all open elements at each new one.
_DEEPEST = 5_000
# Shorter lines, as 首页, may begin a title by chance.
_SHORTEST_TITLE = 4
_SPACE = re.compile("[ \t\r\n\f]+")
# What a page shows as no text of its own, or shows beside the text.
_SKIPPED = frozenset((
    "script", "style", "head", "title", "template", "noscript", "iframe", "object", "svg", "math", "nav", "select",
    "button", "textarea", "rt", "rp", "del",
))  # fmt: skip
_BLOCKS = frozenset((
    "p", "div", "section", "article", "header", "footer", "main", "aside", "blockquote", "address", "center", "pre",
    "ul", "ol", "dl", "dt", "dd", "li", "table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "h1", "h2",
    "h3", "h4", "h5", "h6", "hr", "form", "fieldset", "figure", "figcaption", "body", "html", "details", "summary",
))  # fmt: skip
_CELLS = frozenset({"td", "th"})
_LISTED = frozenset({"li", "ul", "ol"})
_LEVELS = {f"h{level}": level for level in range(1, 7)}
_COUNTS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_CHINESE_LIST = re.compile("list-style(?:-type)?:[^;]*(?:cjk-ideographic|chinese)")
_HIDDEN = re.compile("display: *none|visibility: *hidden")
# LibreOffice writes the running head and foot of its pages so.
_RUNNING = frozenset({"header", "footer"})


def page_text(name: str, data: bytes) -> Reading:
    """Return what an HTML file shows, a line per paragraph. Raises UnreadableDocument, naming the file."""
    target = _Lines(name)
    # Events rather than a tree: deep nesting costs nothing, and the whole page is never held as nodes.
    parser = etree.HTMLParser(
        target=target, encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=True
    )
    try:
        parser.feed(_characters(name, data).encode("utf-8", errors="ignore"))
        parser.close()
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise UnreadableDocument(f"{name}: not a sound HTML page; save it as .docx or .txt") from error
    return Reading(lines=target.notes.put_back(target.lines), title=_title(target))


def _title(page: "_Lines") -> str:
    """Return the only h1 of a page, else the first line that its title element begins with, "" where there is neither.

    A title element alone is not believed: programs leave there what the file was made of.
    """
    if len(page.first_headings) == 1:
        return " ".join(page.first_headings[0].split())
    named = " ".join("".join(page.named).split())
    lines = (" ".join(line.text.split()) for line in page.lines)
    return next((line for line in lines if len(line) >= _SHORTEST_TITLE and named.startswith(line)), "")


def _characters(name: str, data: bytes) -> str:
    """Return the characters of a page; an encoding that it names itself counts where its bytes are in it."""
    declared = _CHARSET.search(data[:_HEAD])
    encoding = _DECLARED.get(declared.group(1).decode("ascii").lower()) if declared else None
    if encoding and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")) and b"\x00" not in data:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            pass
    return decode(name, data)


class _List:
    """An open list and the number of its next entry."""

    def __init__(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._numbered = tag == "ol"
        chinese = _CHINESE_LIST.search(attributes.get("style", ""))
        self._kind = "chineseCounting" if chinese else _COUNTS.get(attributes.get("type", "1"), "decimal")
        self._next = _whole(attributes.get("start", ""), 1)

    def next_number(self, attributes: Mapping[str, str]) -> str:
        """Return the number of an entry as a page draws it, "" for a list without numbers."""
        if not self._numbered:
            return ""
        count = _whole(attributes.get("value", ""), self._next)
        self._next = count + 1
        return f"{numeral(count, self._kind)}{'、' if self._kind == 'chineseCounting' else '. '}"


class _Table:
    """An open table: its rows so far, and the cells of the one that is open with the lines of the last of them."""

    def __init__(self) -> None:
        self.rows: list[GridRow] = []
        self.lines: list[Line] | None = None
        self._cells: list[GridCell] = []
        self._are_heads = True
        self._size = (1, 1)

    def open_cell(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Begin a cell."""
        self.end_cell()
        self.lines = []
        self._are_heads &= tag == "th"
        self._size = (_whole(attributes.get("colspan", ""), 1), _whole(attributes.get("rowspan", ""), 1))

    def end_cell(self) -> None:
        """End the cell that is open, if any."""
        if self.lines is not None:
            self._cells.append(GridCell(lines=tuple(self.lines), wide=self._size[0], high=self._size[1]))
        self.lines = None

    def end_row(self) -> None:
        """End the row that is open, if any."""
        self.end_cell()
        if self._cells:
            self.rows.append(GridRow(cells=tuple(self._cells), is_head=self._are_heads))
        self._cells, self._are_heads = [], True


class _Lines:
    """Puts the lines of a page together from the events of the parser."""

    def __init__(self, name: str) -> None:
        self.lines: list[Line] = []
        self.first_headings: list[str] = []
        self.named: list[str] = []
        self.notes = PageNotes()
        self._name = name
        self._characters = 0
        self._words: list[str] = []
        self._level = 0
        self._skipped: list[str] = []
        self._in_title = False
        self._preserved = 0
        self._lists: list[_List] = []
        self._number = ""
        self._apart = False
        self._tables: list[_Table] = []
        self._too_deep = 0
        self._depth = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the begin of an element. Raises UnreadableDocument where they are nested without end."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UnreadableDocument(f"{self._name}: {_DEEPEST:,} elements inside each other; save it as .docx or .txt")
        if self._skipped:
            self._in_title = tag == "title" and self._skipped == ["head"]
            self._skipped += [tag] if tag == self._skipped[-1] else []
        elif _is_unseen(tag, attributes):
            self._skipped.append(tag)
        elif tag == "br":
            self._words.append("\n")
        elif tag in _BLOCKS:
            self._end_line()
            self._open(tag, attributes)
        if not self._skipped:
            self.notes.start(tag, attributes, words=len(self._words))

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        self._depth -= 1
        self._in_title = False
        if self._skipped:
            if tag == self._skipped[-1]:
                self._skipped.pop()
        elif tag in _BLOCKS:
            self._end_line()
            self._close(tag)
        elif tag == "a":
            self.notes.end_link(self._words)

    def data(self, text: str) -> None:
        """Take characters between tags."""
        # Blank characters count too: what is kept is bounded, whatever is made of it.
        self._characters += len(text) + 1
        if self._characters > MOST_CHARACTERS:
            raise UnreadableDocument(f"{self._name}: more than {MOST_CHARACTERS:,} characters; split it by report")
        if self._in_title:
            self.named.append(text)
        if not self._skipped:
            self._words.append(text if self._preserved else _SPACE.sub(" ", text))

    def close(self) -> None:
        """Take the end of the page."""
        self._end_line()
        while self._tables:
            self._end_table()

    def _open(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._level = _LEVELS.get(tag, self._level)
        self._apart |= tag in _LISTED
        if tag == "pre":
            self._preserved += 1
        elif tag in {"ol", "ul"}:
            self._lists.append(_List(tag, attributes))
        elif tag == "li" and self._lists:
            self._number = self._lists[-1].next_number(attributes)
        elif tag == "table" and len(self._tables) < _DEEPEST_TABLE:
            self._tables.append(_Table())
        elif tag == "table":
            self._too_deep += 1
        elif tag in _CELLS and self._tables and not self._too_deep:
            self._tables[-1].open_cell(tag, attributes)

    def _close(self, tag: str) -> None:
        self._apart |= tag in _LISTED
        if tag in _LEVELS:
            self._level = 0
        elif tag == "pre":
            self._preserved = max(0, self._preserved - 1)
        elif tag in {"ol", "ul"} and self._lists:
            self._lists.pop()
        elif tag == "table" and self._too_deep:
            self._too_deep -= 1
        elif tag == "table" and self._tables:
            self._end_table()
        elif tag == "tr" and self._tables and not self._too_deep:
            self._tables[-1].end_row()

    def _end_line(self) -> None:
        text = "".join(self._words)
        self._words.clear()
        if not text.strip():
            return
        if self.notes.takes(_trimmed(text)):
            self._number = ""
            return
        line = Line(text=self._number + _trimmed(text), level=self._level)
        if self._level == 1:
            self.first_headings.append(line.text)
        self._number = ""
        above = self.lines[-1].text if self._apart and self.lines and not self._tables else ""
        # An entry that ends in a comma goes on in no other: a blank line keeps them apart.
        self._put([Line(text=""), line] if above.strip() and may_join(above, line.text) else [line])
        self._apart = False
        if not self._tables:
            self.notes.end_line(len(self.lines))

    def _end_table(self) -> None:
        table = self._tables.pop()
        table.end_row()
        self._put(list(set_apart(table_lines(table.rows))))

    def _put(self, lines: list[Line]) -> None:
        """Add lines to the innermost cell that is open, otherwise to the page."""
        cell = next((table.lines for table in reversed(self._tables) if table.lines is not None), None)
        (self.lines if cell is None else cell).extend(lines)


def _is_unseen(tag: str, attributes: Mapping[str, str]) -> bool:
    """Return whether a page does not show an element, or shows it beside its text."""
    hidden = "hidden" in attributes or _HIDDEN.search(attributes.get("style", "")) is not None
    return tag in _SKIPPED or hidden or (tag == "div" and attributes.get("title") in _RUNNING)


def _trimmed(text: str) -> str:
    """Return the lines of a text without spaces at their ends; wide ones stay, since they indent paragraphs."""
    return "\n".join(line.strip(" ") for line in text.strip(" \n").split("\n"))


def _whole(written: str, default: int) -> int:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 6 else default
