"""A damaged document is read or refused, whatever the damage; `make fuzz-documents` tries many more."""

import time

import pytest

from tests.bench.fuzz_documents import read_through
from tests.index.mutations import mutated, originals

SOUND = originals()


def test_damage_is_the_same_for_the_same_number_and_seed():
    first, again = ([mutated(SOUND, number, seed=1) for number in range(50)] for _ in range(2))

    assert first == again
    assert first != [mutated(SOUND, number, seed=2) for number in range(50)]
    assert {"docx", "pdf", "txt", "html"} <= {original.name.partition(".")[2] for original in first}


@pytest.mark.parametrize("hundred", range(4))
def test_a_damaged_document_is_read_or_refused_in_time(tmp_path, monkeypatch, hundred):
    monkeypatch.setattr("index.office.PROGRAMS", ())
    for number in range(100 * hundred, 100 * hundred + 100):
        began = time.process_time()
        read_through(mutated(SOUND, number, seed="test"), tmp_path)

        assert time.process_time() - began < 20, number
