"""Small reports for the tests of the index, made without a reader, an outline or a classifier."""

from collections.abc import Sequence
from dataclasses import dataclass

from index.corpus import Corpus
from index.records import AddStatus, Document, Embedder, Label, Sentence, Tag

SUBJECTS = ("学习", "调研", "担当", "廉洁", "服务", "纪律", "作风", "落实", "创新", "沟通")
FAULTS = ("不够深入", "流于形式", "抓得不紧", "存在差距", "办法不多", "要求不严", "主动性不强", "时紧时松")


@dataclass(frozen=True)
class Report:
    """A document with all that is stored with it."""

    document: Document
    sentences: tuple[Sentence, ...]
    tags: tuple[Tag, ...]

    @property
    def texts(self) -> list[str]:
        return [sentence.text for sentence in self.sentences]


def report(document_id: str, lines: Sequence[str], *, dimension: str = "study", role: str = "problem") -> Report:
    """Return a report with one sentence a line, two lines to a passage."""
    text = "\n".join(lines)
    sentences, start = [], 0
    for ordinal, line in enumerate(lines):
        sentences.append(
            Sentence(
                ordinal=ordinal,
                start=start,
                end=start + len(line),
                text=line,
                path=("一、存在的问题",),
                role=role,
                declared=dimension,
                passage=ordinal // 2,
                is_heading=False,
            )
        )
        start += len(line) + 1
    tag = Tag(
        dimension=dimension,
        confidence=0.9,
        scores={dimension: 0.9, "none": 0.1},
        secondary=("none",),
        role=role,
        abstained=False,
        reason=None,
    )
    document = Document(document_id=document_id, title=f"报告{document_id}", source=f"{document_id}.txt", text=text)
    return Report(document, tuple(sentences), (tag,) * len(lines))


def numbered_report(number: int, *, sentences: int = 6) -> Report:
    """Return a report that no other number gives; its first sentence names the number."""
    lines = [f"第{number}号报告"]
    for at in range(1, sentences):
        subject, fault = SUBJECTS[(number + at) % len(SUBJECTS)], FAULTS[(number * 3 + at) % len(FAULTS)]
        lines.append(f"在{subject}方面{fault}，编号{number}之{at}。")
    dimension = "study" if number % 2 else "conduct"
    return report(f"d{number:04}", lines, dimension=dimension, role="problem" if number % 3 else "cause")


def add(corpus: Corpus, made: Report, embedder: Embedder) -> AddStatus:
    return corpus.add(made.document, made.sentences, made.tags, embedder.encode_passages(made.texts))


def label(
    document_id: str = "d0001",
    ordinal: int = 1,
    *,
    dimension: str = "integrity",
    role: str | None = None,
    author: str = "李某",
    text: str = "",
) -> Label:
    """Return what a person says of a sentence, as it is before it is stored."""
    return Label(
        feedback_id="",
        document_id=document_id,
        ordinal=ordinal,
        text=text,
        context="",
        dimension=dimension,
        role=role,
        author=author,
        note="",
        made_at="",
    )
