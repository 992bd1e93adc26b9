import pytest

from index.errors import CorpusBusy
from service.staging import staged


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
