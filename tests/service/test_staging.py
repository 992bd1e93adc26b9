import pytest

from index.errors import CorpusBusy
from service.staging import copy_folder, staged


def test_what_is_written_can_be_moved_away_and_nothing_else_is_left(tmp_path):
    with staged(tmp_path / "heads" / "mine") as fresh:
        fresh.mkdir()
        (fresh / "file").write_text("new", encoding="utf-8")
        fresh.rename(tmp_path / "heads" / "mine")

    assert ["mine"] == [path.name for path in (tmp_path / "heads").iterdir()]
    assert "new" == (tmp_path / "heads" / "mine" / "file").read_text(encoding="utf-8")


def test_a_second_one_for_the_same_place_is_refused_and_takes_nothing_from_the_first(tmp_path):
    with staged(tmp_path / "mine") as fresh:
        fresh.mkdir()

        with pytest.raises(CorpusBusy, match="try again when it is done"), staged(tmp_path / "mine"):
            pass

        assert fresh.is_dir()
        with staged(tmp_path / "other") as other:
            assert fresh != other
    with staged(tmp_path / "mine") as again:
        assert fresh == again


def test_what_a_killed_one_left_is_cleared(tmp_path):
    with staged(tmp_path / "mine") as fresh:
        pass
    fresh.mkdir(parents=True)
    (fresh.parent / "lock").touch()
    (fresh / "half").touch()

    with staged(tmp_path / "mine") as again:
        assert fresh == again
        assert not fresh.exists()


def test_a_failure_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), staged(tmp_path / "mine") as fresh:
        fresh.mkdir()
        1 / 0  # noqa: B018

    assert [] == list(tmp_path.iterdir())


def test_a_folder_is_copied_with_what_is_below_it_and_the_first_file_that_cannot_be_is_told(tmp_path):
    (tmp_path / "from" / "onnx").mkdir(parents=True)
    for name in ("a", "onnx/b"):
        (tmp_path / "from" / name).write_text(name, encoding="utf-8")

    copy_folder(tmp_path / "from", tmp_path / "to" / "there")

    assert ["a", "onnx/b"] == [(tmp_path / "to/there" / name).read_text(encoding="utf-8") for name in ("a", "onnx/b")]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a").mkdir()
    with pytest.raises(IsADirectoryError) as raised:
        copy_folder(
            tmp_path / "from", tmp_path / "other", copy=lambda source, place: place.write_text("x", encoding="utf-8")
        )
    assert str(tmp_path / "other" / "a") == str(raised.value.filename)
