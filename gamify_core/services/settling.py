"""`engine.settle`: what time has done by itself is written down, and heard of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from gamify_core import border
from gamify_core.clock import instant_of, iso, moment
from gamify_core.effects import decode
from gamify_core.errors import OutOfWindow
from gamify_core.printing import lines_of
from gamify_core.road import settling

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.effects import Effect
    from gamify_core.road.commands import Decided
    from gamify_core.services.access import Access

__all__ = ["Settled", "due", "settled"]

_MOST = 2**53


@attrs.frozen
class Settled:
    """What time had done and nobody had said yet: its effects, each `occurred_at` when it was due, in that order.

    `more` says that the limit was reached first; else everything that was due by `until` is done.
    """

    effects: tuple[Effect, ...]
    until: datetime
    more: bool = False
    catalog: Catalog = attrs.field(kw_only=True, eq=False, repr=False)

    def __iter__(self) -> Iterator[Effect]:
        """Go through the effects."""
        return iter(self.effects)

    def __len__(self) -> int:
        """Return how many effects there were."""
        return len(self.effects)

    def __str__(self) -> str:
        """Return a line for each effect, with the instant (UTC) at which it is due."""
        lines = []
        for effect in self.effects:
            (line,) = lines_of([effect], self.catalog, effect.participant_id)
            lines.append(f"{effect.occurred_at:%Y-%m-%d %H:%M} {effect.participant_id} · {line.strip()}")
        return "\n".join(lines) or f"nothing is due by {iso(self.until)}"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "until": iso(self.until),
            "more": self.more,
            "effects": [
                {**effect.to_dict(), "occurred_at": iso(effect.occurred_at)} for effect in self.effects
            ],
        }


def settled(access: Access, until: datetime | None, limit: int | None) -> Settled:
    """Do everything that is due up to an instant, or the first so many things of it."""
    most = border.whole(limit, "limit", 1, _MOST) if limit is not None else _MOST
    now = access.road.now()[0]
    end = instant_of(until, "until") if until is not None else now
    if end > now:
        detail = f"until {iso(end)} lies in the future: it is {iso(now)}"
        raise OutOfWindow("until", until, detail, hint="what is to come is settled when it has come")
    decided = access.settle(end, most)
    effects = tuple(effect for one in decided for effect in _effects(one))
    return Settled(effects, moment(end), len(decided) >= most, catalog=access.plan.catalog)


def due(access: Access, until: datetime, participant_id: str | None, limit: int | None) -> Settled:
    """Try out what settling at an instant will do, should nothing else happen until then."""
    most = border.whole(limit, "limit", 1, _MOST) if limit is not None else _MOST
    who = border.participant(participant_id) if participant_id is not None else None
    end = instant_of(until, "until")
    road = access.road.as_of(max(end, access.road.now()[0]))
    with access.read() as reader:
        catalog = road.plan_in(reader).catalog
        person = access.person(reader, who) if who is not None else None
        decided: list[Decided] = []
        if who is None or person is not None:
            decided = settling.settle(road, road.trial(reader), end, most, person)
    told = (effect for one in decided for effect in _effects(one))
    effects = tuple(effect for effect in told if who is None or effect.participant_id == who)
    return Settled(effects, moment(end), len(decided) >= most, catalog=catalog)


def _effects(one: Decided) -> Iterator[Effect]:
    for ordinal, words in enumerate(one.outcome):
        if words[0] != "=":
            yield decode(words, one.people, one.catalog, one.seq, ordinal, one.occurred_at)
