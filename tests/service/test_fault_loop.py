"""A disk that fails at one call or another; `make faults` tries them all."""

import shutil
import sys

import pytest

from tests.service.fault_loop import with_faults

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("gcc"), reason="needs gcc, and a loader that preloads"
)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--every", 67, "add", "remove", "revoke", "job", "work"],
        ["--every", 47, "--error", "ENOSPC", "--lasting", "search", "use", "tag-xlsx"],
    ],
)
def test_a_disk_that_fails_loses_nothing_and_what_is_done_again_succeeds(arguments):
    ran = with_faults(*arguments)

    assert 0 == ran.returncode, (ran.stdout, ran.stderr)
    assert int(ran.stdout.split()[0]) >= len(arguments) - 4
