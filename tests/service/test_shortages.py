import errno
import os
import resource
import subprocess
import sys

import pytest

from index.errors import CorpusDamaged, CorpusUnwritable
from models.errors import ModelDamaged
from service.errors import NoFiles, NoMemory
from service.shortages import plain


def raised(fault, cause):
    try:
        raise fault from cause
    except type(fault) as error:
        return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), NoMemory),
        (OSError(errno.ENOMEM, "no"), NoMemory),
        (RuntimeError("can't start new thread"), NoMemory),
        (ImportError("x.so: failed to map segment from shared object: cannot allocate memory"), NoMemory),
        (raised(ModelDamaged("head; train again"), MemoryError()), NoMemory),
        (raised(CorpusDamaged("vectors; rebuild"), OSError(errno.ENOMEM, "no")), NoMemory),
        (raised(CorpusUnwritable("check the permissions"), OSError(errno.EMFILE, "many")), NoFiles),
    ],
)
def test_what_comes_from_a_shortage_is_told_as_that(error, told):
    assert told is type(plain(error))


def test_every_other_error_stays_as_it_is():
    for error in (ValueError("x"), OSError(errno.ENOSPC, "full"), raised(ModelDamaged("bad"), ValueError("x"))):
        assert error is plain(error)


def liuwei(*arguments, **limits):
    def limit():
        for name, most in limits.items():
            resource.setrlimit(getattr(resource, name), (most, most))

    command = [sys.executable, "-m", "service", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, preexec_fn=limit, timeout=60, check=False)


def test_too_many_open_files_are_no_wrong_permissions(tmp_path):
    (tmp_path / "a.txt").write_text("个人对照检查材料\n\n一、存在的问题\n\n调研走马观花。\n", encoding="utf-8")
    said = []
    for most in (8, 10, 12, 16, 20):
        ran = liuwei("--data-dir", tmp_path / "data", "index", "add", tmp_path / "a.txt", RLIMIT_NOFILE=most)
        said.append(ran.stderr if ran.returncode else "")

    assert not [text for text in said if "permissions" in text or "Traceback" in text]
    assert [text for text in said if "too many files" in text]


def test_a_head_that_finds_no_memory_is_not_damaged(tmp_path):
    (tmp_path / "a.txt").write_text("个人对照检查材料\n\n一、存在的问题\n\n调研走马观花。\n", encoding="utf-8")
    ran = liuwei("--data-dir", tmp_path / "data", "index", "add", tmp_path / "a.txt", RLIMIT_AS=700_000_000)

    assert ran.returncode in (0, 3) or ran.returncode < 0  # what a library in C does of itself is not ours
    assert "train again" not in ran.stderr
    assert os.fspath(tmp_path) not in ran.stderr or "permissions" not in ran.stderr
