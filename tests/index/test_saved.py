from typing import cast

from index.manifest import Manifest, checksums
from index.records import Moment
from index.saved import SavedIndexes
from index.store import Store


def saved_at(folder, place):
    (folder / place).mkdir()
    name = f"{place}/rows"
    (folder / name).write_text(place, encoding="utf-8")
    moment = Moment(**dict.fromkeys(Moment.__dataclass_fields__, 1))
    files = checksums(folder, [name], known={})
    return Manifest(fingerprint="f", dim=2, count=3, moment=moment, highest_row=3, place=place, files=files)


def test_a_file_that_is_not_as_saved_is_named(tmp_path):
    indexes = SavedIndexes(tmp_path, cast(Store, None))
    indexes.switch("vectors", saved_at(tmp_path, "vectors-1"))
    (tmp_path / "vectors-1" / "rows").write_text("other", encoding="utf-8")

    check = indexes.check("vectors")

    assert not check.ok
    assert "vectors-1/rows" in check.detail
