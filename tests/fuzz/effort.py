"""How hard it is tried: a moment in every run, minutes in a drill. A moment tries the same each time."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
QUICK = settings(max_examples=120, deadline=None, suppress_health_check=_SHARED, derandomize=True, database=None)
LONG = settings(max_examples=4_000, deadline=None, suppress_health_check=_SHARED, database=None)
