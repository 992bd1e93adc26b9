"""What all tests share."""

import os

# Before numpy is imported, here and in every process that a test starts. On a busy machine the threads of OpenBLAS wait
# for each other: fitting the fourteen examples of a test took 1.4 s beside five busy loops, and .1 s with one.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck, settings

# The same inputs at every run, and no complaint about a slow machine: a check must not fail by chance.
settings.register_profile("liuwei", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("liuwei")


@pytest.fixture
def usual_mask():
    """Let new files be readable by all, as on most machines."""
    before = os.umask(0o022)
    yield
    os.umask(before)
