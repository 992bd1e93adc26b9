from models.head_versions import current_head, next_head, switch_head


def test_a_fresh_folder_has_no_head(tmp_path):
    assert current_head(tmp_path / "heads") is None


def test_heads_are_numbered_and_the_last_switched_to_is_in_use(tmp_path):
    for _ in range(2):
        head = next_head(tmp_path)
        head.mkdir()
        switch_head(head)

    assert tmp_path / "v0002" == current_head(tmp_path)


def test_a_head_that_was_written_but_not_switched_to_is_not_in_use(tmp_path):
    first = next_head(tmp_path)
    first.mkdir()
    switch_head(first)
    next_head(tmp_path).mkdir()

    assert first == current_head(tmp_path)
