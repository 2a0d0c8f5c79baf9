"""What to write instead of an expression that is not in the language, in the words of the author's own text.

Promise: the remedy of the condition language itself, but where the names at hand make a better one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from gamify_core.domain.condition_functions import FUNCTIONS

if TYPE_CHECKING:
    from gamify_core.errors import ConditionError

__all__ = ["remedy_of"]

_WINDOWED: Final = re.compile(r"[A-Za-z_][\w.]*\s*@\s*\w+", re.ASCII)
_CALL: Final = re.compile(r"write (\w+)\(")


def remedy_of(error: ConditionError) -> str:
    """Return what to write instead."""
    if "`@`" in error.detail and (windowed := _WINDOWED.search(error.detail)):
        return f'write metric("{"".join(windowed[0].split())}")'
    called = _CALL.match(error.hint) if "no methods" in error.detail else None
    if (called and called[1] not in FUNCTIONS) or error.hint.startswith("there are "):
        return f"conditions call no Python; their functions are {', '.join(sorted(FUNCTIONS))}"
    return error.hint
