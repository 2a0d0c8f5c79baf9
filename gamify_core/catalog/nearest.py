"""The nearest match for a name that is not known.

Promise: what is returned is one of the known names, and near enough to have been meant; else None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["nearest"]

_NEAR = 0.6
_LONGEST = 200


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` most resembles, or None."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    if len(name) > _LONGEST:
        return None
    alike = {each.lower(): each for each in known}
    found = get_close_matches(name.lower(), alike, n=1, cutoff=_NEAR)
    return alike[found[0]] if found else None
