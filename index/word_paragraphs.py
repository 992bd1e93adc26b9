"""Paragraphs of Word files as the final version shows them: text, text boxes and notes, without what was deleted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from docx.oxml import parse_xml
from docx.oxml.ns import qn

from index.word_styles import Element, switched_on

_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_MATHS = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_NOTES = {"/footnotes": "w:footnoteReference", "/endnotes": "w:endnoteReference"}
# Deleted or moved text, phonetic signs above characters, properties.
_SKIPPED = frozenset(qn(f"w:{name}") for name in ("pPr", "rPr", "del", "moveFrom", "rt", "sdtPr"))
_TEXTS = frozenset({qn("w:t"), f"{_MATHS}t"})
_WORTH_A_LOOK = frozenset({qn("w:txbxContent"), *map(qn, _NOTES.values())})
_DRAWN = {qn("w:tab"): " ", qn("w:ptab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph: its text, and as lxml elements its text boxes and the notes that it refers to.

    `runs_on` says that its end was deleted, so that the next paragraph goes on with it.
    """

    text: str
    boxes: tuple[Element, ...] = ()
    notes: tuple[Element, ...] = ()
    runs_on: bool = False


NOTHING = Paragraph(text="")


class WordParagraphs:
    """Reads the paragraphs of one document; a note is given to the paragraph that refers to it first."""

    def __init__(self, document: Any) -> None:  # noqa: ANN401 - of python-docx, which has no types
        self._notes: dict[tuple[str, str], Element] = {}
        for relation in document.part.rels.values():
            kind = next((kind for kind in _NOTES if relation.reltype.endswith(kind)), "")
            if kind and not relation.is_external:
                self._notes |= _notes(_NOTES[kind], relation.target_part)

    def read(self, element: Element, *, after: Paragraph) -> Paragraph:
        """Return the paragraph of an element, which goes on with the one `after` which it stands."""
        texts: list[str] = []
        boxes: list[Element] = []
        notes: list[Element] = []
        for found in _visible(element):
            if found.tag in _TEXTS:
                texts.append(found.text or "")
            elif found.tag in _DRAWN:
                texts.append(_DRAWN[found.tag])
            elif found.tag == qn("w:txbxContent"):
                boxes.append(found)
            else:
                note = self._notes.pop((found.tag, found.get(qn("w:id"))), None)
                notes += [] if note is None else [note]
        mark = element.find(f"{qn('w:pPr')}/{qn('w:rPr')}")
        return Paragraph(
            text=after.text + "".join(texts),
            boxes=(*after.boxes, *boxes),
            notes=(*after.notes, *notes),
            runs_on=switched_on(mark, "w:del") or switched_on(mark, "w:moveFrom"),
        )


def _visible(element: Element) -> Iterator[Element]:
    """Yield, in order, the elements of a paragraph that stand for something to read."""
    for child in element:
        if child.tag in _SKIPPED or (child.tag == qn("w:r") and switched_on(child.find(qn("w:rPr")), "w:vanish")):
            continue
        if child.tag == qn("w:sdt") and switched_on(child.find(qn("w:sdtPr")), "w:showingPlcHdr"):
            continue
        if child.tag in _TEXTS or child.tag in _DRAWN or child.tag in _WORTH_A_LOOK:
            yield child
        elif child.tag == f"{_COMPATIBILITY}AlternateContent":
            yield from _alternative(child)
        else:
            yield from _visible(child)


def _alternative(element: Element) -> Iterator[Element]:
    """Yield what the first of several ways to store the same thing holds, as long as it holds anything."""
    for way in element:
        found = list(_visible(way))
        if found:
            yield from found
            return


def _notes(reference: str, part: Any) -> Mapping[tuple[str, str], Element]:  # noqa: ANN401 - of python-docx
    """Return the notes of a part by the tag and the id that refer to them; its separators are none."""
    element = part.element if hasattr(part, "element") else parse_xml(part.blob)
    return {
        (qn(reference), note.get(qn("w:id"))): note for note in element if note.get(qn("w:type")) in {None, "normal"}
    }
