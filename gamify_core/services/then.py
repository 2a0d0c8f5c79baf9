"""`engine.at(instant)`: the same services, over the rows as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.clock import instant_of, iso
from gamify_core.errors import OutOfWindow
from gamify_core.history.then import road_then
from gamify_core.services.access import Access, Shared
from gamify_core.storage.tables.activity import ACTIVITY

if TYPE_CHECKING:
    from datetime import datetime

    from gamify_core.history.then import Before

__all__ = ["at"]


def at(access: Access, instant: datetime, before: Before) -> Access:
    """Return an access to the past of an instant; `before` decides again what came before a command.

    Raises `OutOfWindow` for an instant that is still to come.
    """
    then = instant_of(instant, "instant")
    with access.read() as reader:
        head = reader.last(ACTIVITY)
    now = max(access.road.now()[0], head.recorded_at if head is not None else then)
    if then > now:
        detail = f"instant {iso(then)} lies in the future: it is {iso(now)}"
        raise OutOfWindow("instant", instant, detail, hint="what is to come cannot be read back")
    return Access(Shared(road_then(access.road, then, access.read, before)), access.scope, admin=access.admin)
