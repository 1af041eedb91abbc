"""How many examples a property test tries: few in `make test`, many in `make fuzz`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

_USUAL, _FUZZ_TIMES = 100, 20


def register_profiles() -> None:
    """Set what holds for each property test. `--hypothesis-profile=fuzz` chooses the long form.

    A busy machine takes its time over an example, so there is no deadline.
    """
    patient = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
    # The usual run always tries the same examples, so it passes or fails for everyone; the long run explores.
    settings.register_profile("usual", settings(), max_examples=_USUAL, derandomize=True, **patient)
    settings.register_profile("fuzz", settings(), max_examples=_USUAL * _FUZZ_TIMES, **patient)
    settings.load_profile("usual")


def examples(count: int) -> int:
    """The examples of a test that tries `count` in `make test`, under the profile that is loaded."""
    return count * settings().max_examples // _USUAL


def is_long_run() -> bool:
    """Whether this is `make fuzz`."""
    return settings().max_examples > _USUAL
