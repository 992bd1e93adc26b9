from pathlib import Path

import pytest

from models.errors import ModelDamaged
from models.head_versions import (
    current_head,
    head_history,
    head_names,
    next_head,
    replace_head,
    switch_head,
    whole_head,
)


def test_a_fresh_folder_has_no_head(tmp_path):
    assert current_head(tmp_path / "heads") is None


def test_heads_are_numbered_and_the_last_switched_to_is_in_use(tmp_path):
    for _ in range(2):
        head = next_head(tmp_path)
        head.mkdir()
        switch_head(head)

    assert tmp_path / "v0002" == current_head(tmp_path)


def test_the_heads_before_are_remembered_newest_first_and_the_bundled_one_ends_them(tmp_path):
    assert ("bundled",) == head_history(tmp_path)
    for _ in range(2):
        head = next_head(tmp_path)
        head.mkdir()
        switch_head(head)

    assert ("v0002", "v0001", "bundled") == head_history(tmp_path)
    assert ("bundled", "v0001", "v0002") == head_names(tmp_path)


def test_a_file_that_names_a_single_head_is_read_too(tmp_path):
    (tmp_path / "CURRENT").write_text("v0007\n", encoding="utf-8")

    assert tmp_path / "v0007" == current_head(tmp_path)
    assert ("v0007", "bundled") == head_history(tmp_path)


def test_a_head_that_was_written_but_not_switched_to_is_not_in_use(tmp_path):
    first = next_head(tmp_path)
    first.mkdir()
    switch_head(first)
    next_head(tmp_path).mkdir()

    assert first == current_head(tmp_path)


def folder_with(path, content):
    path.mkdir()
    (path / "file").write_text(content, encoding="utf-8")
    return path


def content_of(folder):
    return (folder / "file").read_text(encoding="utf-8")


def test_a_new_head_takes_the_place_of_an_older_one_and_leaves_nothing_beside(tmp_path):
    folder = folder_with(tmp_path / "mine", "old")

    replace_head(folder_with(tmp_path / "new", "new"), folder)

    assert ("new", ["mine"]) == (content_of(folder), [path.name for path in tmp_path.iterdir()])


def test_killed_while_a_head_is_replaced_the_older_one_is_found_until_the_next_is_in_place(tmp_path, monkeypatch):
    folder, new = folder_with(tmp_path / "mine", "old"), folder_with(tmp_path / "new", "new")
    rename = Path.rename

    def rename_or_die(path, target):
        if path == new:
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Path, "rename", rename_or_die)
        replace_head(new, folder)

    assert not folder.exists()
    assert "old" == content_of(whole_head(folder))
    replace_head(new, folder)
    assert folder == whole_head(folder)
    assert ("new", ["mine"]) == (content_of(folder), [path.name for path in tmp_path.iterdir()])


def test_a_folder_that_was_never_there_stays_itself(tmp_path):
    assert tmp_path / "mine" == whole_head(tmp_path / "mine")


@pytest.mark.parametrize("content", [b"", b"\n", b"v\xff001\nbundled\n", b"v00", b"../elsewhere\n", b"\0\0\0\0"])
def test_a_damaged_list_of_heads_is_told_until_a_head_is_put_in_use(tmp_path, content):
    (tmp_path / "CURRENT").write_bytes(content)

    with pytest.raises(ModelDamaged, match="CURRENT is damaged.*heads use"):
        current_head(tmp_path)
    head = next_head(tmp_path)
    head.mkdir()
    switch_head(head)

    assert ("v0001", "bundled") == head_history(tmp_path)
