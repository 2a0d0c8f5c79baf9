"""`engine.streaks`: recording activity by hand, forgiving what was missed, and how streaks stand now."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from gamify_core import border
from gamify_core.clock import instant_of, iso
from gamify_core.domain.streaks import BASELINE
from gamify_core.errors import BadValue, NotFound, OutOfWindow
from gamify_core.road import pardons, retraction, streaks
from gamify_core.road.commands import Ask
from gamify_core.road.joined import own_numbers
from gamify_core.road.streak_rows import marks_of, row_of, state_of
from gamify_core.services.access import Access
from gamify_core.services.asking import request_of
from gamify_core.services.pages import Page
from gamify_core.services.reading import snapshot
from gamify_core.services.streak_answers import (
    FreezesAnswer,
    PauseAnswer,
    RepairAnswer,
    StreakAnswer,
    StreakRetractAnswer,
)
from gamify_core.services.streak_calendars import (
    Expiring,
    StreakCalendar,
    StreakRun,
    calendar,
    expiring,
    runs,
)
from gamify_core.services.streak_states import StreakList, StreakState, streak_state, streak_states
from gamify_core.storage.tables.activity import ACTIVITY

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core.border import Json
    from gamify_core.road.commands import Decided
    from gamify_core.road.compiled import StreakPlan
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.activity import ActivityRow

__all__ = ["StreakList", "StreakState", "Streaks"]

_BY_HAND = frozenset({"streaks.record", "participants.visit"})


class Streaks:
    """Consecutive periods with activity."""

    def __init__(self, access: Access) -> None:
        """Hang off an engine."""
        self._access = access

    # -- activity ---------------------------------------------------------------------------------------------

    def record(
        self,
        participant_id: str,
        streak_code: str,
        *,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> StreakAnswer:
        """Record an activity. In a period that is complete already the count stays (`already_recorded`).

        `at` is the document's `timestamp`: late activity (within `accept_late`) heals, and `answer.corrections` says
        what it put right; early is refused. What time has done to the streak by then is said first.
        Raises `NotFound` (`Streak definition not found: …`), `OutOfWindow`, `CountedByGoals`.

        >>> from gamify_core import Catalog, Engine, Streak
        >>> game = Engine(Catalog(streaks=[Streak("daily_login")]))
        >>> game.streaks.record("ada", "daily_login").new_count
        1
        """
        who = border.participant(participant_id)
        code = border.code(streak_code, "streak_code")
        request = request_of(at, participant_id=who, streak_code=code)

        def decide(turn: Turn) -> None:
            plan = turn.plan.streak(code)
            done = streaks.directly(turn, plan)
            turn.say(
                "=",
                turn.who.number,
                plan.streak.code,
                done.new_count,
                done.longest_count,
                int(done.is_new_record),
                int(done.already_recorded),
            )

        ask = Ask("streaks.record", who, request, at, border.idempotency_key(idempotency_key), decide)
        return StreakAnswer(self._access.write(ask))

    def retract(
        self,
        participant_id: str,
        streak_code: str,
        *,
        activity_id: int | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> StreakRetractAnswer:
        """Take an activity back that was recorded by hand: the streak is what it would be without it.

        It is named by the `activity_id` of its answer, or by the instant it occurred `at`. What milestones gave stays
        (`answer.stayed`), badges follow their own policy. By its id a second time nothing is done
        (`already_retracted`); by its instant it is not found any more. What an event recorded goes with the event
        (`events.retract`). Raises `NotFound`, `BadValue`.

        >>> from gamify_core import Catalog, Engine, Streak
        >>> game = Engine(Catalog(streaks=[Streak("daily")]))
        >>> done = game.streaks.record("ada", "daily")
        >>> game.streaks.retract("ada", "daily", activity_id=done.activity_id).new_count
        0
        """
        if (activity_id is None) == (at is None):
            detail = "pass the activity_id of an answer, or at= the instant at which it occurred"
            raise BadValue("activity_id", activity_id, detail)
        named = border.whole(activity_id, "activity_id", 1, 2**62) if activity_id is not None else None
        instant = instant_of(at) if at is not None else None

        def decide(turn: Turn, plan: StreakPlan) -> None:
            activity = _recorded(turn, plan, named, instant)
            turn.undoing = "partial"
            cause = f"retract:act_{activity}"
            gone = retraction.unmark(turn, plan, activity, cause)
            state = state_of(turn.unit, turn.who.number, plan.streak.code)
            counts = (state.run, state.longest) if state is not None else (0, 0)
            turn.say("=", turn.who.number, plan.streak.code, activity, int(not gone), *counts)
            if not gone:
                turn.rest(activity)

        extra: dict[str, Json] = {"activity_id": named, "at": border.at(at) if at is not None else None}
        who = border.participant(participant_id)
        decided = self._write("streaks.retract", who, streak_code, extra, None, idempotency_key, decide)
        return StreakRetractAnswer(decided)

    # -- what is forgiven -------------------------------------------------------------------------------------

    def give_freezes(  # noqa: PLR0913 - whose, how many, and why
        self,
        participant_id: str,
        streak_code: str,
        number: int = 1,
        *,
        reason: str | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> FreezesAnswer:
        """Give freezes, each of which will stand in for one missed period; `added` says how many fit under the cap.

        Raises `FreezesFull` where none fits, `NotFound`.

        >>> from gamify_core import Catalog, Engine, Streak
        >>> game = Engine(Catalog(streaks=[Streak("daily", freeze_cap=2)]))
        >>> game.streaks.give_freezes("ada", "daily", 3).freezes
        2
        """
        count = border.whole(number, "number", 1, 1_000_000)

        def decide(turn: Turn, plan: StreakPlan) -> None:
            added = pardons.give(turn, plan, count)
            turn.say("=", turn.who.number, plan.streak.code, added, pardons.freezes(turn, plan), 0)

        extra: dict[str, Json] = {"number": count, "reason": border.text(reason, "reason")}
        who = border.participant(participant_id)
        decided = self._write("streaks.give_freezes", who, streak_code, extra, at, idempotency_key, decide)
        return FreezesAnswer(decided)

    def buy_freezes(
        self,
        participant_id: str,
        streak_code: str,
        number: int = 1,
        *,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> FreezesAnswer:
        """Sell freezes for `freeze_cost` points each, all of them or none.

        Raises `NotForSale`, `FreezesFull` (with the numbers), `InsufficientPoints`, `NotFound`.

        >>> from gamify_core import Catalog, Engine, Streak
        >>> game = Engine(Catalog(streaks=[Streak("daily", freeze_cap=2, freeze_cost=10)]))
        >>> _ = game.points.award("ada", 25)
        >>> game.streaks.buy_freezes("ada", "daily").cost
        10
        """
        count = border.whole(number, "number", 1, 1_000_000)

        def decide(turn: Turn, plan: StreakPlan) -> None:
            cost = pardons.buy(turn, plan, count)
            turn.say("=", turn.who.number, plan.streak.code, count, pardons.freezes(turn, plan), cost)

        who = border.participant(participant_id)
        extra: dict[str, Json] = {"number": count}
        decided = self._write("streaks.buy_freezes", who, streak_code, extra, at, idempotency_key, decide)
        return FreezesAnswer(decided)

    def pause(  # noqa: PLR0913 - whose, from when and until when
        self,
        participant_id: str,
        streak_code: str,
        start: datetime | None = None,
        end: datetime | None = None,
        *,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> PauseAnswer:
        """Ask nothing of somebody from `start` (default now) until before `end` (None: until `resume`).

        A period that a pause touches breaks nothing; activity in it counts all the same. Pauses that meet become one.
        A start in the past heals what was missed since; `accept_late` bounds it. Raises `OutOfWindow`, `BadValue`.

        >>> from gamify_core import Catalog, Engine, Streak
        >>> game = Engine(Catalog(streaks=[Streak("daily")]))
        >>> game.streaks.pause("ada", "daily").ends is None
        True
        """
        starts = instant_of(start, "start") if start is not None else None
        ends = instant_of(end, "end") if end is not None else None
        if starts is not None and ends is not None and ends <= starts:
            detail = "a pause ends after it starts"
            raise BadValue("end", end, detail)
        road, backfill = self._access.road, self._access.backfill

        def decide(turn: Turn, plan: StreakPlan) -> None:
            begins = turn.occurred_at if starts is None else starts
            late = None if backfill else road.accept_late
            if late is not None and begins < turn.recorded_at - late:
                detail = f"start {iso(begins)} lies too far back: it is {iso(turn.recorded_at)}"
                raise OutOfWindow(
                    "start", start, detail, hint=f"up to {timedelta(microseconds=late)} are accepted"
                )
            if ends is not None and ends <= begins:
                detail = "a pause ends after it starts"
                raise BadValue("end", end, detail)
            made = pardons.pause(turn, plan, begins, ends)
            turn.say("=", turn.who.number, plan.streak.code, made.starts, made.ends)

        extra: dict[str, Json] = {
            "start": border.at(start) if start is not None else None,
            "end": border.at(end) if end is not None else None,
        }
        who = border.participant(participant_id)
        return PauseAnswer(self._write("streaks.pause", who, streak_code, extra, at, idempotency_key, decide))

    def resume(
        self,
        participant_id: str,
        streak_code: str,
        *,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> PauseAnswer:
        """End the pause of now, before its time. Where none is, nothing is done."""

        def decide(turn: Turn, plan: StreakPlan) -> None:
            ended = pardons.resume(turn, plan)
            span = (ended.starts, ended.ends) if ended is not None else (None, None)
            turn.say("=", turn.who.number, plan.streak.code, *span)
            if ended is None and len(turn.outcome) == 1:
                turn.rest(0)

        who = border.participant(participant_id)
        return PauseAnswer(self._write("streaks.resume", who, streak_code, {}, at, idempotency_key, decide))

    def repair(
        self,
        participant_id: str,
        streak_code: str,
        *,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> RepairAnswer:
        """Let a run live again that broke no more than `repair_hours` ago, for `repair_cost` points.

        Every period that was missed since is made good (`answer.periods`). Raises `NotRepairable` (`reason` is `never`,
        `alive` or `too_late`), `InsufficientPoints`, `NotFound`.

        >>> from gamify_core import Catalog, Engine, ManualClock, Streak
        >>> clock = ManualClock()
        >>> game = Engine(Catalog(streaks=[Streak("daily", repair_hours=48)]), clock=clock)
        >>> _ = game.streaks.record("ada", "daily")
        >>> _ = clock.advance(days=2)
        >>> game.streaks.repair("ada", "daily").current_count
        1
        """

        def decide(turn: Turn, plan: StreakPlan) -> None:
            labels = pardons.repair(turn, plan)
            state = state_of(turn.unit, turn.who.number, plan.streak.code)
            text = plan.rules.calendar.text
            run, cost = state.run if state is not None else 0, plan.streak.repair_cost
            turn.say("=", turn.who.number, plan.streak.code, run, cost, *(text(label) for label in labels))

        who = border.participant(participant_id)
        return RepairAnswer(self._write("streaks.repair", who, streak_code, {}, at, idempotency_key, decide))

    def _write(  # noqa: PLR0913 - the parts of a command
        self,
        kind: str,
        who: str,
        streak_code: str,
        extra: dict[str, Json],
        at: datetime | None,
        key: str | None,
        decide: Callable[[Turn, StreakPlan], None],
    ) -> Decided:
        code = border.code(streak_code, "streak_code")
        request = request_of(at, participant_id=who, streak_code=code, **extra)

        def about(turn: Turn) -> None:
            decide(turn, turn.plan.streak(code))

        return self._access.write(Ask(kind, who, request, at, border.idempotency_key(key), about))

    # -- reading ----------------------------------------------------------------------------------------------

    def get(self, participant_id: str, streak_code: str) -> StreakState:
        """Return how a streak stands as of now. Reading writes nothing."""
        who = border.participant(participant_id)
        code = border.code(streak_code, "streak_code")
        with snapshot(self._access) as seen:
            return streak_state(seen, self._access.person(seen.reader, who), seen.plan.streak(code))

    def list(self, participant_id: str, *, page: int = 1, page_size: int = 100) -> StreakList:
        """Return how every streak stands as of now, a page at a time."""
        who = border.participant(participant_id)
        number, size = border.page(page, page_size)
        first = (number - 1) * size
        with snapshot(self._access) as seen:
            states = streak_states(seen, self._access.person(seen.reader, who))
        return StreakList(who, states[first : first + size], len(states), number, size)

    def calendar(
        self,
        participant_id: str,
        streak_code: str,
        *,
        start: date | datetime | None = None,
        end: date | datetime | None = None,
    ) -> StreakCalendar:
        """Return what each period from `start` to `end` was, both included: for a calendar to be drawn.

        They are dates where the participant lives, or aware instants; left out, it is the last 30 periods. Raises
        `BadValue` for more than 400.

        >>> from gamify_core import Catalog, Engine, Streak
        >>> game = Engine(Catalog(streaks=[Streak("daily")]))
        >>> _ = game.streaks.record("ada", "daily")
        >>> game.streaks.calendar("ada", "daily")[-1].status
        'satisfied'
        """
        who = border.participant(participant_id)
        code = border.code(streak_code, "streak_code")
        with snapshot(self._access) as seen:
            person = self._access.person(seen.reader, who)
            return calendar(seen, who, person, seen.plan.streak(code), start, end)

    def runs(
        self, participant_id: str, streak_code: str, *, page: int = 1, page_size: int = 20
    ) -> Page[StreakRun]:
        """Return the runs of a streak, the latest first."""
        who = border.participant(participant_id)
        code = border.code(streak_code, "streak_code")
        number, size = border.page(page, page_size)
        with snapshot(self._access) as seen:
            found = runs(seen, self._access.person(seen.reader, who), seen.plan.streak(code))
        about: dict[str, object] = {"participant_id": who, "streak_code": code}
        first = (number - 1) * size
        return Page(found[first : first + size], len(found), number, size, "runs", about)

    def expiring(
        self, streak_code: str, *, before: datetime | None = None, page: int = 1, page_size: int = 50
    ) -> Page[Expiring]:
        """Return whose run ends, or uses a freeze, before an instant if nothing is done: the soonest first.

        Without `before` it is those who are at risk by the streak's own `at_risk_hours`. It goes through all that are
        due by then; where nobody settles (`engine.settle`), through those whose run broke long ago too.

        >>> from gamify_core import Catalog, Engine, Streak
        >>> game = Engine(Catalog(streaks=[Streak("daily", at_risk_hours=48)]))
        >>> _ = game.streaks.record("ada", "daily")
        >>> [one.participant_id for one in game.streaks.expiring("daily")]
        ['ada']
        """
        code = border.code(streak_code, "streak_code")
        number, size = border.page(page, page_size)
        bound = instant_of(before, "before") if before is not None else None
        with snapshot(self._access) as seen:
            plan = seen.plan.streak(code)
            found = expiring(seen, plan, seen.as_of + plan.risk + 1 if bound is None else bound)
        first = (number - 1) * size
        about: dict[str, object] = {"streak_code": code}
        return Page(found[first : first + size], len(found), number, size, "expiring", about)


def _recorded(turn: Turn, plan: StreakPlan, named: int | None, instant: int | None) -> int:
    """Return the activity by hand that is to be taken back. Raises `NotFound`, or `BadValue` for one of an event."""
    code = plan.streak.code
    if row_of(turn.unit, turn.who.number, code) is not None or named is not None:
        marks = marks_of(turn.unit, turn.who, code)
        there = [mark.id for mark in marks if mark.id == named or mark.instant == instant]
        rows = [turn.unit.get(ACTIVITY, (each,)) for each in there or ([named] if named is not None else [])]
        found = [row for row in rows if row is not None and _of(turn, row, code, standing=bool(there))]
        if found:
            return found[-1].seq
        if there and any(mark.part == BASELINE for mark in marks if mark.id == there[-1]):
            detail = f"activity {there[-1]} is an opening, which stands"
            raise BadValue("activity_id", there[-1], detail)
        if there:
            detail = f"activity {there[-1]} is an event"
            hint = f"take the event back: events.retract('evt_{there[-1]}')"
            raise BadValue("activity_id", there[-1], detail, hint=hint)
    called = str(named) if named is not None else f"at {iso(instant or 0)}"
    raise NotFound("activity", called, f"Activity of {code} not found: {called}")


def _of(turn: Turn, row: ActivityRow, code: str, *, standing: bool) -> bool:
    """Say whether an activity recorded the streak by hand; what was taken back is told by its outcome."""
    if row.kind not in _BY_HAND or row.participant not in own_numbers(turn.unit, turn.who):
        return False
    return standing or f'"{code}"' in row.outcome
