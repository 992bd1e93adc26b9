"""What tests of who may read a file share."""

import os
import stat
from pathlib import Path

import pytest

# For `pytestmark`.
ON_UNIX = [
    pytest.mark.skipif(os.name != "posix", reason="modes of files are those of Unix"),
    pytest.mark.usefixtures("usual_mask"),
]


def mode(path: Path) -> int:
    """Return who may do what with a file or folder, as chmod takes it."""
    return stat.S_IMODE(path.stat().st_mode)
