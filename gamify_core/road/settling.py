"""What time does by itself, done in the order in which it is due, each thing once.

A *source* is one kind of such things: it says who comes first up to an instant, and does what is due for one of them.
Here they are brought into one order; whatever lapses, closes or ends by the clock is one more source. Everything
is decided by the rows of the transaction it is written in, so many threads and processes may settle at once.

The end of a gift is no source: nothing comes of it, and a row that says nothing would be noise. Whoever redeems one
holds its end against the instant at which they do: `at`, or what the clock gives inside the transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Final, NamedTuple

from gamify_core.road import closing, streak_time, waiting
from gamify_core.road.commands import due_at
from gamify_core.storage.tables.participants import PARTICIPANT, ParticipantRow

if TYPE_CHECKING:
    from gamify_core.road.commands import Ask, Decided
    from gamify_core.road.plan import Plan
    from gamify_core.road.road import Road
    from gamify_core.road.turn import Turn
    from gamify_core.storage.unit import Unit

__all__ = ["SOURCES", "Source", "redo", "settle"]


def _person(unit: Unit, number: int) -> tuple[str, str]:
    person = unit.get(PARTICIPANT, (number,))
    assert person is not None  # noqa: S101 - rows of people are never removed
    return person.scope, person.participant_id


def _everybody(unit: Unit, window: int) -> tuple[str, str]:
    return closing.scope_of(unit, window), ""


class Source(NamedTuple):
    """A kind of things that time does.

    `due` gives the first of them up to an instant as (instant, number), at most so many; `about` says which scope and
    participant that is the number of (none in particular: an empty id). `settle` does all that is due for the turn's
    participant at the turn's instant, and says when there is more to be done for them, unless
    their own row says it (`on_row`), which what they set off may have changed.
    """

    kind: str
    due: Callable[[Unit, Plan, int, int], list[tuple[int, int]]]
    settle: Callable[[Turn], int | None]
    about: Callable[[Unit, int], tuple[str, str]] = _person
    on_row: bool = False


_ALL: Final = 2**53

SOURCES: Final = (
    Source("streaks.settled", streak_time.first_due, streak_time.settle),
    Source("leaderboards.closed", closing.first_due, closing.settle, _everybody),
    Source(waiting.KIND, waiting.first_due, waiting.settle, on_row=True),
)


def settle(
    road: Road, unit: Unit, until: int, most: int, only: ParticipantRow | None = None
) -> list[Decided]:
    """Do what is due up to an instant, at most so many things; each is an activity that occurred when it was due.

    With a participant, `only` what is due for them, and for everybody in their scope.
    """
    plan = road.in_force(unit)
    done: list[Decided] = []
    seen: set[tuple[int, int, int]] = set()
    while len(done) < most:  # a prize lapses, and is in the next week's table: what was done makes more due
        coming = {
            (at, place, number)
            for place, source in enumerate(SOURCES)
            for at, number in source.due(unit, plan, until, most if only is None else _ALL)
            if only is None or _concerns(source, unit, number, only)
        }
        if coming <= seen:
            break
        _work_off(road, unit, until, most, list(coming - seen), seen, done)
    return done


def _work_off(  # noqa: PLR0913 - how far, what there is to do, and what was done
    road: Road,
    unit: Unit,
    until: int,
    most: int,
    coming: list[tuple[int, int, int]],
    seen: set[tuple[int, int, int]],
    done: list[Decided],
) -> None:
    """Do what is coming, and what follows of it for the same people, each thing once."""
    heapify(coming)
    while coming and len(done) < most:
        first = heappop(coming)
        if first in seen:  # two things of one person, which are done together
            continue
        seen.add(first)
        at, place, number = first
        source = SOURCES[place]
        scope, participant_id = source.about(unit, number)
        decided, following = _perform(road, unit, source, scope, participant_id, at)
        done.append(decided)
        if source.on_row:
            after = unit.get(PARTICIPANT, (number,))
            following = after.due if after is not None else None
        if following is not None and following <= until:
            heappush(coming, (following, place, number))


def _perform(  # noqa: PLR0913 - what is due, for whom and when
    road: Road, unit: Unit, source: Source, scope: str, participant_id: str, at: int
) -> tuple[Decided, int | None]:
    """Do what is due for somebody at an instant, and return when there is more, as far as the source says so."""
    following: list[int | None] = []

    def settle(turn: Turn) -> None:
        following.append(source.settle(turn))

    return road.perform(unit, scope, due_at(source.kind, participant_id, at, settle)), following[0]


def _concerns(source: Source, unit: Unit, number: int, person: ParticipantRow) -> bool:
    scope, participant_id = source.about(unit, number)
    return scope == person.scope and participant_id in {"", person.participant_id}


def redo(kind: str, participant_id: str, at: int) -> Ask:
    """Return the command that does what was due at an instant: for deciding a history again."""
    source = next(source for source in SOURCES if source.kind == kind)
    return due_at(kind, participant_id, at, source.settle)
