"""The sentences around a hit."""

from collections.abc import Sequence

from index.records import Neighbour, StoredSentence


def around(
    sentences: Sequence[StoredSentence], hit: StoredSentence, *, count: int, whole_passage: bool
) -> tuple[tuple[Neighbour, ...], tuple[Neighbour, ...]]:
    """Return at most `count` sentences before a hit and as many after it, both in the order of the text.

    `sentences` are those of its document, in order. With `whole_passage`, the sentences of its passage are the hit.
    """
    inside = [
        place
        for place, stored in enumerate(sentences)
        if stored.row == hit.row or (whole_passage and stored.sentence.passage == hit.sentence.passage)
    ]
    if not inside:
        return (), ()
    before = sentences[max(0, inside[0] - count) : inside[0]]
    return tuple(map(_neighbour, before)), tuple(map(_neighbour, sentences[inside[-1] + 1 : inside[-1] + 1 + count]))


def _neighbour(stored: StoredSentence) -> Neighbour:
    sentence = stored.sentence
    return Neighbour(sentence_id=stored.sentence_id, text=sentence.text, start=sentence.start, end=sentence.end)
