"""How hard Hypothesis looks: `HYPOTHESIS_PROFILE` chooses `dev` (the default), `ci` or `deep`."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadline: a slow first example on a busy machine says nothing about the promise under test.
for name, examples in (("dev", 50), ("ci", 100), ("deep", 5_000)):
    settings.register_profile(name, max_examples=examples, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))
