"""What all tests share."""

from hypothesis import HealthCheck, settings

# The same inputs at every run, and no complaint about a slow machine: a check must not fail by chance.
settings.register_profile("liuwei", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("liuwei")
