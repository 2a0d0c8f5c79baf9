"""How hard Hypothesis looks: `HYPOTHESIS_PROFILE` chooses `dev` (the default), `ci` or `deep`.

`ci` draws the same examples each time, so that a change is judged by itself; `dev` and `deep` draw new ones.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# No deadline, no health check for speed: a slow example on a busy machine says nothing about the promise under test.
for name, examples in (("dev", 50), ("ci", 100), ("deep", 5_000)):
    settings.register_profile(
        name,
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
        derandomize=name == "ci",
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
