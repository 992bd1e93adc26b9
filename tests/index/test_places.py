"""The folders of saved indexes."""

import os
import shutil

import pytest

from index.places import bytes_below


def test_bytes_are_those_of_all_files_below(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"123")
    (tmp_path / "c").write_bytes(b"4567")

    assert bytes_below(tmp_path) == 7
    assert bytes_below(tmp_path / "none") == 0


@pytest.mark.parametrize("gone", ["folder", "file"])
def test_what_is_cleared_while_it_is_looked_at_counts_for_nothing(tmp_path, monkeypatch, gone):
    cleared = tmp_path / "folder" / "file"
    cleared.parent.mkdir()
    cleared.write_bytes(b"123")
    (tmp_path / "kept").write_bytes(b"4567")
    walk = os.walk

    def walk_and_clear(place):
        for found in walk(place):
            # What is in the folder has been read by now.
            if found[0] == str(cleared.parent if gone == "file" else tmp_path):
                shutil.rmtree(cleared.parent)
            yield found

    monkeypatch.setattr(os, "walk", walk_and_clear)
    assert bytes_below(tmp_path) == 4
