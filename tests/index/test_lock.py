"""What the lock promises to those who remove its file at the end, as `tag` and training do."""

import contextlib
import fcntl

import pytest

from index.errors import CorpusBusy
from index.lock import WriteLock


def test_whoever_opened_a_lock_file_just_before_it_was_removed_locks_the_new_one(tmp_path, monkeypatch):
    path = tmp_path / "lock"
    before = contextlib.ExitStack()
    before.enter_context(WriteLock(path).held())

    def removed_meanwhile(descriptor, how, flock=fcntl.flock):
        monkeypatch.undo()
        path.unlink()
        before.close()
        flock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", removed_meanwhile)
    with WriteLock(path).held():
        with pytest.raises(CorpusBusy), WriteLock(path, wait_s=0).held():
            pass


def test_a_lock_is_held_by_one_and_free_again_afterwards(tmp_path):
    with WriteLock(tmp_path / "lock").held():
        with WriteLock(tmp_path / "lock").tried(wait_s=0) as held:
            assert not held
    with WriteLock(tmp_path / "lock").tried(wait_s=0) as held:
        assert held
