"""What a caller was told is done is on the disk by then: the content of its files, and their names in their folders."""

import os
import sys
from pathlib import Path

import pytest

from index.backup import back_up
from service.heads import HEADS_FOLDER, use_head
from service.jobs import JobFolder, Upload
from service.keys import KeyFile
from tests.service.crash_world import World, report

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells which files are forced to the disk")


@pytest.fixture
def forced(monkeypatch):
    """The files and folders that were forced to the disk, by the names that they had then."""
    paths, fsync = [], os.fsync

    def recorded(file):
        number = file if isinstance(file, int) else file.fileno()
        paths.append(Path(f"/proc/self/fd/{number}").readlink())
        fsync(file)

    monkeypatch.setattr(os, "fsync", recorded)
    return paths


@pytest.mark.parametrize("wanted", [{"documents": [], "texts": []}, Upload(name="甲.txt", data=b"x")])
def test_a_job_that_was_told_is_there(tmp_path, forced, wanted):
    jobs = JobFolder(tmp_path)

    jobs.create(wanted, expires_s=60, most=1)

    assert forced[-1] == tmp_path / "jobs"
    assert {"job.json.new"} < {path.name for path in forced}


def test_a_key_stays_made_and_stays_revoked(tmp_path, forced):
    made = KeyFile(tmp_path).create(name="甲", role="read")
    assert forced[-1] == tmp_path

    forced.clear()
    KeyFile(tmp_path).revoke(made.key.key_id)

    assert forced[-1] == tmp_path


@pytest.mark.usefixtures("small_encoder")
def test_a_head_is_there_whole_before_it_is_in_use_and_stays_in_use(tmp_path, forced):
    world = World(tmp_path)
    world.make()

    head = world.data / HEADS_FOLDER / "v0001"
    switch = [path.name for path in forced].index("CURRENT.tmp")
    assert {head, *head.iterdir()} < set(forced[:switch])
    assert forced[-1] == head.parent

    forced.clear()
    use_head(world.settings, "bundled")

    assert forced[-1] == head.parent


def test_a_backup_and_large_vectors_are_there(make_runtime, tmp_path, forced):
    with make_runtime() as runtime:
        runtime.add(report(1))
        runtime.corpus().flush()
        back_up(runtime.settings.data_dir, tmp_path / "saved")

    assert forced[-1] == tmp_path
    assert "vectors.npy" in {path.name for path in forced}
