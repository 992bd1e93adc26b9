"""The saved indexes of a corpus: which there are, whether they are whole, and the switch to a new one.

Each has a place (a folder) and a manifest that names it; replacing the manifest is the switch. Only who holds the write
lock writes here.
"""

import contextlib
from collections.abc import Mapping
from pathlib import Path

from index.errors import CorpusDamaged
from index.manifest import Manifest
from index.matrix import VECTORS_NAME
from index.places import Kind, clear
from index.records import Check
from index.store import Store

LARGEST_READ = 256 * 2**20
"""Bytes of vectors up to which a start reads all of them to check them; more are only mapped, and `verify` checks."""


class SavedIndexes:
    """What lies in the folder of the indexes of a store."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self._store = store

    def manifest(self, kind: Kind) -> Manifest | None:
        """Return what is said of a saved index, None where there is none. Raises CorpusDamaged."""
        return Manifest.read(self._path(kind))

    def sound(self, kind: Kind, *, fingerprint: str, dim: int, known: Mapping[str, str]) -> Manifest | None:
        """Return the manifest of a saved index that is whole and belongs to this store and what made it.

        `known` holds checksums of files that were read before; they are not read again.
        """
        with contextlib.suppress(CorpusDamaged):
            saved = self.manifest(kind)
            if saved is None or (saved.fingerprint, saved.dim) != (fingerprint, dim):
                return None
            trusted = {**known, **self._too_large(saved)}
            if self._store.knows(saved.moment) and not saved.damaged(self.folder, trusted=trusted):
                return saved
        return None

    def switch(self, kind: Kind, manifest: Manifest) -> None:
        """Make the manifest name the new place, then clear away what it no longer names."""
        manifest.write(self._path(kind))
        for old in self.folder.glob(f"{kind}-*"):
            if old.name != manifest.place:
                clear(old)

    def checks(self) -> list[Check]:
        """Return the check of each index."""
        return [self.check("vectors"), self.check("lexical")]

    def check(self, kind: Kind) -> Check:
        """Return a check of all saved files of an index against their manifest."""
        name = f"saved {kind}"
        try:
            saved = self.manifest(kind)
        except CorpusDamaged as error:
            return Check(name=name, ok=False, detail=str(error))
        if saved is None:
            return Check(name=name, ok=True, detail="not saved yet; made from the store at the next start")
        if damaged := saved.damaged(self.folder, trusted={}):
            detail = f"not as saved: {', '.join(damaged)}; run 'liuwei index rebuild'"
            return Check(name=name, ok=False, detail=detail)
        return Check(name=name, ok=True, detail=f"{saved.count} rows, generation {saved.moment.generation}")

    def _path(self, kind: Kind) -> Path:
        return self.folder / f"{kind}.json"

    def _too_large(self, saved: Manifest) -> Mapping[str, str]:
        """Return the files that are too large to be read at a start, with the checksums that they should have."""
        name = f"{saved.place}/{VECTORS_NAME}"
        path = self.folder / name
        is_large = name in saved.files and path.is_file() and path.stat().st_size > LARGEST_READ
        return {name: saved.files[name]} if is_large else {}
