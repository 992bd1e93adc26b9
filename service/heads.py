"""Which classifier head is in use: opened, followed while it changes, chosen by name, and undone."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from models.artifacts import BUNDLED_HEAD, MANIFEST, Manifest, load_classifier, load_manifest
from models.classifier import Classifier, ContextEncoder
from models.embedders import BUNDLED
from models.errors import ModelFault
from models.head_versions import (
    BUNDLED_NAME,
    current_head,
    head_history,
    head_names,
    history_left,
    switch_head,
    whole_head,
    write_history,
)
from service.errors import BadRequest
from service.settings import Settings

HEADS_FOLDER = "heads"
LOCK_NAME = "heads.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHead:
    """A classifier with the name and the folder of its head. Who holds one is not touched by a switch to another."""

    classifier: Classifier
    name: str
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadEntry:
    """A head that may be put in use. `damage` says why it cannot be read; then its manifest is None.

    `trained_at` is "" where the head does not tell: the time of its files is that of a copy or a checkout.
    """

    name: str
    folder: Path
    in_use: bool
    trained_at: str
    manifest: Manifest | None
    damage: str | None


class HeadFollower:
    """Gives the head in use, and opens another as soon as that is put in its place, by whichever process."""

    def __init__(
        self,
        settings: Settings,
        opening: "threading.RLock",
        shared: Callable[[], str],
        wrapped: Callable[[ContextEncoder], ContextEncoder],
    ) -> None:
        self._settings = settings
        self._opening = opening
        self._shared = shared
        self._wrapped = wrapped
        self._known: tuple[object, OpenHead] | None = None

    def current(self) -> OpenHead:
        """Return the head in use. One that cannot be opened leaves the one before it in use, and is logged once.

        Raises ModelUnavailable, ModelDamaged or EncoderMismatch where there is none before it.
        """
        known = self._known
        try:
            folder = head_folder(self._settings)
        except ModelFault:
            if known is None:
                raise
            return known[1]
        stamp = _stamp(folder)
        if known is not None and known[0] == stamp:
            return known[1]
        # While one opens the new head, the others go on with the old one.
        if not self._opening.acquire(blocking=known is None) and known is not None:
            return known[1]
        try:
            return self._opened(folder, stamp)
        finally:
            self._opening.release()

    @staticmethod
    def opened(folder: Path, settings: Settings, shared: Callable[[], str]) -> OpenHead:
        """Return the head of a folder. Raises ModelUnavailable, ModelDamaged or EncoderMismatch."""
        # Read first: a head that is written over this one meanwhile must not lend its name to what was loaded.
        name = load_manifest(folder).name
        classifier = load_classifier(folder, shared=shared, threads=settings.threads)
        return OpenHead(classifier=classifier, name=name, folder=folder)

    def _opened(self, folder: Path, stamp: object) -> OpenHead:
        known = self._known
        if known is not None and known[0] == stamp:
            return known[1]
        try:
            head = self.opened(folder, self._settings, self._shared)
            if head.classifier.encoder is not None:
                head.classifier.encoder = self._wrapped(head.classifier.encoder)
        except ModelFault as fault:
            if known is None:
                raise
            _log_refused(folder, fault)
            head = known[1]
        self._known = (stamp, head)
        return head


def head_folder(settings: Settings) -> Path:
    """Return the folder of the head of the settings: the one named, else the one chosen last, else the bundled one."""
    if settings.head == BUNDLED:
        return BUNDLED_HEAD
    if settings.head:
        return whole_head(Path(settings.head).expanduser())
    return current_head(settings.data_dir / HEADS_FOLDER) or BUNDLED_HEAD


def list_heads(settings: Settings) -> list[HeadEntry]:
    """Return every head of the data directory, the bundled one first, then by age."""
    heads = settings.data_dir / HEADS_FOLDER
    return [show_head(settings, name) for name in head_names(heads)]


def show_head(settings: Settings, name: str) -> HeadEntry:
    """Return a head of the data directory, or the bundled one, by its name."""
    heads = settings.data_dir / HEADS_FOLDER
    return _entry(name, folder_of(heads, name), in_use=history_left(heads)[:1] == (name,))


def folder_of(heads: Path, name: str) -> Path:
    """Return the folder of a head by its name."""
    return BUNDLED_HEAD if name == BUNDLED_NAME else heads / name


def shown_name(settings: Settings, folder: Path) -> str:
    """Return by what name a head is put in use: that of the list of heads, else its absolute folder."""
    if folder == BUNDLED_HEAD:
        return BUNDLED_NAME
    own = folder.parent == settings.data_dir / HEADS_FOLDER
    return folder.name if own else str(folder.absolute())


def put_in_use(settings: Settings, folder: Path) -> None:
    """Put a finished head of the data directory in use; a running service follows with its next request."""
    from index.folders import make_all_lasting

    make_all_lasting(folder)  # before the switch: a power cut must not leave half of the head in use
    with _switching(settings):
        switch_head(folder)


def use_head(settings: Settings, name: str) -> HeadEntry:
    """Put a head in use by its name and return it. Raises BadRequest for an unknown one, ModelFault for a damaged."""
    heads = settings.data_dir / HEADS_FOLDER
    known = head_names(heads)
    if name not in known:
        raise BadRequest(f"there is no head {name!r}; known are {', '.join(known)}", param="name")
    load_manifest(folder_of(heads, name))
    with _switching(settings):
        history = history_left(heads)
        if history[:1] != (name,):
            write_history(heads, (name, *history))
    return show_head(settings, name)


def undo_head(settings: Settings) -> HeadEntry:
    """Go back to the head that was in use before and return it. Raises BadRequest where there was none before."""
    heads = settings.data_dir / HEADS_FOLDER
    with _switching(settings):
        in_use, *before = head_history(heads)
        names = [name for name in before if (folder_of(heads, name) / MANIFEST).is_file()]
        if not names:
            raise BadRequest(f"no head was in use before {in_use}; nothing to go back to")
        write_history(heads, names)
    return show_head(settings, names[0])


@contextlib.contextmanager
def _switching(settings: Settings) -> Iterator[None]:
    """Let nobody else switch heads. Raises CorpusBusy, CorpusUnwritable."""
    from index.folders import make_lasting, make_private
    from index.lock import WriteLock

    make_private(settings.data_dir)
    (settings.data_dir / HEADS_FOLDER).mkdir(exist_ok=True)
    with WriteLock(settings.data_dir / LOCK_NAME).held():
        yield
        make_lasting(settings.data_dir / HEADS_FOLDER)


def _stamp(folder: Path) -> object:
    """Return what changes when another head is in use: its folder, and which file its manifest is."""
    try:
        found = (folder / MANIFEST).stat()
    except OSError:
        return folder
    return folder, found.st_ino, found.st_mtime_ns


def _entry(name: str, folder: Path, *, in_use: bool) -> HeadEntry:
    manifest, damage = None, None
    try:
        manifest = load_manifest(folder)
    except ModelFault as fault:
        damage = str(fault)
    trained_at = manifest.trained_at if manifest else ""
    return HeadEntry(name=name, folder=folder, in_use=in_use, trained_at=trained_at, manifest=manifest, damage=damage)


def _log_refused(folder: Path, fault: ModelFault) -> None:
    # Imported here: classifying a text on the command line has no time for it.
    import structlog

    structlog.get_logger().warning(
        "head_refused", folder=str(folder), kind=type(fault).__qualname__, message=str(fault)
    )
