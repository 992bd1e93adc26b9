"""API keys: who may ask, add or remove over HTTP. Only their hashes are kept, in one file of the data directory.

A key is 256 random bits, so a plain SHA-256 of it cannot be turned back by trying; a slow hash would guard a password
that people chose, and would cost every request its time.
"""

import contextlib
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from service.errors import BadRequest, KeysDamaged, UnknownKey

Role = Literal["read", "write", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From least to most; each may do what those before it may."""
FILE_NAME = "keys.json"
LOCK_NAME = "keys.lock"
FORMAT = 1
PREFIX = "liuwei"
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it is kept: `digest` is the SHA-256 of its token, in hex; the token itself is shown once and gone."""

    key_id: str
    name: str
    role: Role
    created_at: str
    digest: str

    def may(self, role: Role) -> bool:
        """Return whether the key is good for what needs that role."""
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was just made, with the token that its owner must show."""

    key: ApiKey
    token: str


class KeyFile:
    """The keys of a data directory. What another process changes counts from the next call on."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._known: tuple[object, tuple[ApiKey, ...]] | None = None

    def keys(self) -> tuple[ApiKey, ...]:
        """Return all keys, oldest first; none where there is no file. Raises KeysDamaged."""
        known, stamp = self._known, _stamp(self._path)
        if known is not None and known[0] == stamp:
            return known[1]
        keys = _read(self._path)
        self._known = (stamp, keys)
        return keys

    def ever_made(self) -> bool:
        """Return whether there is a key or was one: who revokes the last does not open all. Raises KeysDamaged."""
        return bool(self.keys()) or _stamp(self._path) is not None

    def holder_of(self, token: str) -> ApiKey | None:
        """Return the key whose token this is, None where there is none. Takes as long for any token."""
        digest = _digest(token)
        found = None
        for key in self.keys():
            # No way out before the last: the time must not tell how far a guess came.
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found

    def create(self, *, name: str, role: str) -> NewKey:
        """Make a key and return it with its token. Raises BadRequest for a wrong role or name, CorpusUnwritable."""
        if role not in ROLES:
            raise BadRequest(f"role is {role!r}; it must be {', '.join(ROLES)}", param="role")
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            raise BadRequest(f"name must be one line of 1 to {LONGEST_NAME} characters", param="name")
        key_id = secrets.token_hex(4)
        token = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
        created_at = datetime.now(UTC).isoformat(timespec="seconds")
        given = next(known for known in ROLES if known == role)
        key = ApiKey(key_id=key_id, name=name.strip(), role=given, created_at=created_at, digest=_digest(token))
        with self._writing():
            _write(self._path, (*_read(self._path), key))
        return NewKey(key=key, token=token)

    def revoke(self, key_id: str) -> ApiKey:
        """Take a key out of use and return it. Raises UnknownKey."""
        with self._writing():
            keys = _read(self._path)
            gone = next((key for key in keys if key.key_id == key_id), None)
            if gone is None:
                raise UnknownKey(f"there is no key {key_id!r}; 'liuwei keys list' shows all there are")
            _write(self._path, [key for key in keys if key is not gone])
        return gone

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        # Imported here: reading keys needs no lock.
        from index.folders import make_lasting, make_private
        from index.lock import WriteLock

        make_private(self._path.parent)
        with WriteLock(self._path.with_name(LOCK_NAME)).held():
            yield
            # A key that was revoked must not be back after a power cut.
            make_lasting(self._path.parent)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _stamp(path: Path) -> object:
    """Return what changes when the file is replaced, None where there is none."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _read(path: Path) -> tuple[ApiKey, ...]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise KeysDamaged(f"{path} has format {content['format']!r}, wanted is {FORMAT}; update Liuwei")
        keys = tuple(ApiKey(**row) for row in content["keys"])
        if not all(key.role in ROLES for key in keys):
            raise KeysDamaged(f"{path} names a role that is unknown; known are {', '.join(ROLES)}")
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise KeysDamaged(
            f"{path} cannot be read as keys; check its permissions, or remove it and create them anew"
        ) from error
    return keys


def _write(path: Path, keys: Sequence[ApiKey]) -> None:
    """Replace the file in one step; only its owner may read it."""
    content = {"format": FORMAT, "keys": [asdict(key) for key in keys]}
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
