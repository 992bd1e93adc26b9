"""What a saved index says of itself, so that a wrong, old or damaged one is never searched."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from index.errors import CorpusDamaged
from index.records import Moment

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The identity of one saved index.

    `fingerprint` names what made the entries (embedder or term rules), `moment` the state of the store that they
    follow, `highest_row` the last row that was looked at, `place` the file or folder beside the manifest that holds
    them, `files` the SHA-256 of every file by its path below the manifest's folder.
    """

    fingerprint: str
    dim: int
    count: int
    moment: Moment
    highest_row: int
    place: str
    files: Mapping[str, str]
    format: int = FORMAT

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Return the manifest at a path, None where there is none. Raises CorpusDamaged."""
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            manifest = cls(**{**fields, "moment": Moment(**fields["moment"])})
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError) as error:
            raise CorpusDamaged(f"{path} is damaged ({error}); run 'liuwei index rebuild'") from error
        if manifest.format != FORMAT:
            raise CorpusDamaged(f"{path} has format {manifest.format}, not {FORMAT}; run 'liuwei index rebuild'")
        return manifest

    def write(self, path: Path) -> None:
        """Write aside, then switch: a reader sees the old manifest or the new one."""
        aside = path.with_suffix(".new")
        aside.write_text(json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1), encoding="utf-8")
        aside.replace(path)

    def damaged(self, folder: Path, *, trusted: Mapping[str, str]) -> list[str]:
        """Return the files that are missing below a folder or not as they were saved; trusted ones are not read."""
        suspects = [name for name, saved in self.files.items() if trusted.get(name) != saved]
        return [name for name in suspects if checksum(folder / name) != self.files[name]]


def checksum(path: Path) -> str | None:
    """Return the SHA-256 of a file, None where there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def checksums(folder: Path, names: Iterable[str], *, known: Mapping[str, str]) -> dict[str, str]:
    """Return the checksum of each file below a folder; files never change, so what is known is not read again."""
    found = {name: known.get(name) or checksum(folder / name) for name in sorted(names)}
    return {name: value for name, value in found.items() if value is not None}
