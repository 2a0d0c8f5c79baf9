"""The `with` blocks of transactions and dry runs, and what becomes of their handles."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NoReturn

from gamify_core.errors import HandleInUse

if TYPE_CHECKING:
    from gamify_core.road.commands import Decided
    from gamify_core.storage.unit import Unit

__all__ = ["COVERED", "ENDED", "Block"]


class _Barred:
    """Stands where a handle's unit was, and refuses whatever is asked of it."""

    def __init__(self, detail: str, hint: str) -> None:
        self._why = detail, hint

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # the interpreter's own questions: whether this can be copied, unwrapped …
            raise AttributeError(name)
        detail, hint = self._why
        raise HandleInUse(detail, hint=hint)


ENDED: Any = _Barred("the transaction or dry run is over", "use the engine itself, or open another")
COVERED: Any = _Barred(
    "a nested transaction or dry run is open", "use the handle that its with statement gave you"
)


class Block:
    """One `with` block: the unit that its handle and all scopes of it share, and what was decided in it.

    A unit is no place for two threads at once, and the store's lock is the one thread's: others are refused.
    """

    __slots__ = ("decided", "owner", "unit")

    def __init__(self, unit: Unit) -> None:
        self.unit: Unit = unit
        self.owner: int = threading.get_ident()
        self.decided: list[Decided] = []
