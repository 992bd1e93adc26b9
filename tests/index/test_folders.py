import pytest

from index.backup import back_up, restore
from index.corpus import Corpus
from index.folders import make_private, make_private_file, open_to_others
from tests.doubles import HashEmbedder
from tests.file_modes import ON_UNIX, mode
from tests.index.reports import add, numbered_report

pytestmark = ON_UNIX


def filled(folder):
    embedder = HashEmbedder(dim=64)
    with Corpus.open(folder, lambda: embedder, create=True) as corpus:
        add(corpus, numbered_report(1), embedder)
    return folder


def test_the_folder_of_a_new_corpus_is_its_owners_alone_and_those_above_it_as_usual(tmp_path):
    folder = filled(tmp_path / "above" / "data")

    assert (0o755, 0o700) == (mode(folder.parent), mode(folder))


def test_a_folder_that_is_there_stays_as_somebody_wanted_it(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o750)

    filled(folder)
    make_private(folder)

    assert 0o750 == mode(folder)


def test_a_backup_and_what_it_is_restored_to_are_their_owners_alone(tmp_path):
    file, older = tmp_path / "backup.sqlite", tmp_path / "older.sqlite"
    data = filled(tmp_path / "data")
    back_up(data, older)
    older.chmod(0o644)

    back_up(data, file)
    back_up(data, older)
    restore(tmp_path / "again", file)

    assert [0o600, 0o600, 0o700] == [mode(file), mode(older), mode(tmp_path / "again")]
    assert ["again", "backup.sqlite", "data", "older.sqlite"] == sorted(path.name for path in tmp_path.iterdir())


def test_a_private_file_is_never_written_through_a_link_that_lies_there(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FileExistsError):
        make_private_file(tmp_path / "link")

    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_is_open_to_others_where_all_above_it_are_too(tmp_path):
    folder = tmp_path / "above" / "data"
    folder.mkdir(parents=True)
    above = (tmp_path, *tmp_path.parents)

    folder.chmod(0o755)
    assert open_to_others(folder) is all(mode(path) & 0o001 for path in above)
    folder.parent.chmod(0o700)
    assert not open_to_others(folder)
    folder.parent.chmod(0o755)
    folder.chmod(0o750)
    assert not open_to_others(folder)
