"""`engine.events`: one event in, every mechanic moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import attrs

from gamify_core import border
from gamify_core.answers import BatchAnswer
from gamify_core.clock import moment, offset_of
from gamify_core.errors import BadValue, GamifyError
from gamify_core.reasons import Explained
from gamify_core.road import amendment, retraction
from gamify_core.road.batches import Batch, Item
from gamify_core.road.commands import Ask
from gamify_core.road.happening import check, happen
from gamify_core.road.joined import gather, page_of
from gamify_core.road.requests import asked_with
from gamify_core.services.access import Access
from gamify_core.services.asking import batch_of, request_of
from gamify_core.services.event_answers import AmendAnswer, EventAnswer, Sent
from gamify_core.services.explaining import Inquiry, explained_again, tried
from gamify_core.services.pages import Page
from gamify_core.services.undo import RetractAnswer, event_called, policy
from gamify_core.storage.tables.activity import ACTIVITY, SETTING, ActivityRow
from gamify_core.storage.tables.progress import EVENT, EventRow

if TYPE_CHECKING:
    from gamify_core.road.mirroring import OnInsufficient
    from gamify_core.road.road import Road
    from gamify_core.road.turn import Turn
    from gamify_core.storage.protocol import Reader

    Before = Callable[[Reader, Road, int], Road]

__all__ = ["Emit", "Events"]


@attrs.frozen
class Emit:
    """One event of a batch: the fields of the document's event, `timestamp` being when it happened."""

    participant_id: str
    event_name: str
    properties: Mapping[str, object] | None = None
    timestamp: datetime | None = None
    idempotency_key: str | None = None


class Events:
    """Events of the application, and what they bring about."""

    def __init__(self, access: Access, limits: border.Limits, before: Before) -> None:
        """Hang off an engine; `before` decides again what came before a command, and stands where it stood."""
        self._access = access
        self._limits = limits
        self._before = before

    def emit(  # noqa: PLR0913 - the event, and how it is sent
        self,
        participant_id: str,
        event_name: str,
        properties: Mapping[str, object] | None = None,
        *,
        explain: bool = False,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> EventAnswer:
        """Send an event, and return everything it brought about.

        `properties` are plain JSON. Declared events are held against their declaration; where a catalog declares none,
        any name is accepted. The event itself is never refused by what it sets off: see `answer.skipped`.
        With `explain`, `answer.why` tells of each rule why it did what it did, and of badges, tiers and challenges that
        came nearer how much they lack; of an event that is answered again under its key, what `why` tells of it.
        Raises `BadValue`, `OutOfWindow`, `IdempotencyConflict`, and `RuleFailed` where a rule is strict; with `explain`
        its `why` tells what came of the event up to there.

        >>> from gamify_core import Catalog, Engine, Rule
        >>> game = Engine(Catalog(rules=[Rule("lesson", on="lesson_finished", when="score >= 60", award=19)]))
        >>> game.events.emit("ada", "lesson_finished", {"score": 97}).points
        19
        """
        ask = self._ask(Emit(participant_id, event_name, properties, at, idempotency_key))
        if not border.flag(explain, "explain"):
            return EventAnswer(self._access.write(ask))
        inquiry = _inquiry(ask)
        decided = self._access.write(ask._replace(decide=inquiry.decide, after=inquiry.after))
        why = inquiry.found if inquiry.found is not None else self.why(f"evt_{decided.seq}")
        return EventAnswer(decided, why)

    def emit_batch(
        self,
        events: Iterable[Emit],
        *,
        backfill: bool = False,
        explain: bool = False,
        idempotency_key: str | None = None,
    ) -> BatchAnswer:
        """Send many events in one commit, each decided in turn; one that is refused fails alone.

        `backfill` is for imports: events may be of any age, the clock follows them, and no listener is told. With an
        `idempotency_key`, repeating the batch answers with the whole first outcome, refusals included; other events
        under it, or the same as an import where they were none, are an `IdempotencyConflict`. With `explain` each
        `item.answer.why` tells what `emit` tells, and so does `item.error.why` of one that a strict rule refused.
        """
        importing, asked = border.flag(backfill, "backfill"), border.flag(explain, "explain")
        listed = border.several(events, "events")
        self._limits.check_batch(len(listed))
        key = border.idempotency_key(idempotency_key)
        asks: list[Item] = []
        inquiries: dict[int, Inquiry] = {}
        for place, event in enumerate(listed):
            try:
                if not isinstance(event, Emit):
                    detail = f"events[{place}] must be an Emit, not {type(event).__name__}"
                    raise BadValue(f"events[{place}]", event, detail)
                ask = self._ask(event)
                if asked:
                    inquiries[place] = inquiry = _inquiry(ask)
                    ask = ask._replace(decide=inquiry.decide, after=inquiry.after)
                asks.append(ask)
            except GamifyError as error:
                asks.append(error)
        access = self._access.importing() if importing else self._access
        people = [str(getattr(event, "participant_id", "")) for event in listed]
        answer = batch_of(
            Batch("events.emit_batch", asks, key, "events", importing), people, access, EventAnswer
        )
        for place, inquiry in inquiries.items():
            one = answer.results[place].answer
            if isinstance(one, EventAnswer):
                one.why = inquiry.found if inquiry.found is not None else self.why(one.event_id)
        return answer

    def _ask(self, event: Emit) -> Ask:
        who = border.participant(event.participant_id)
        name = border.participant(event.event_name, "event_name")  # the same bounds
        properties = border.properties(event.properties, "properties")
        key = border.idempotency_key(event.idempotency_key) if event.idempotency_key is not None else None
        request = request_of(event.timestamp, participant_id=who, event_name=name, properties=properties)

        def decide(turn: Turn) -> None:
            # Not before: a repeated key is answered even when the declaration is gone
            check(turn.plan.catalog, name, properties)
            happen(turn, name, properties)

        return Ask("event", who, request, event.timestamp, key, decide)

    # -- taking back ------------------------------------------------------------------------------------------

    def retract(  # noqa: PLR0913 - which event, and how to take it back
        self,
        event: str | None = None,
        *,
        key: str | None = None,
        reason: str | None = None,
        on_insufficient: OnInsufficient = "partial",
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> RetractAnswer:
        """Take an event back, and all that it caused; what stays, and why, is told in `answer.stayed`.

        `event` is its id (`evt_17`); or pass as `key` the idempotency key it was sent with, which also finds what it
        was amended to. Points that its rules gave go, as far as they are there: `on_insufficient="allow_negative"`
        takes them all, `"reject"` refuses with `InsufficientPoints` where they are not. Metrics, boards, caps and
        streaks are then what they would be without the event; permanent badges and completed challenges stay with
        what they gave, and tiers follow the ladder's own policy. A second time nothing is done: `already_retracted`
        is True.
        Raises `NotFound` (`Event not found: …`), `BadValue`.

        >>> from gamify_core import Catalog, Engine, Rule
        >>> game = Engine(Catalog(rules=[Rule("lesson", on="lesson_finished", award=19)]))
        >>> sent = game.events.emit("ada", "lesson_finished")
        >>> game.events.retract(sent.event_id).points
        -19
        >>> game.points.balance("ada").total_earned
        0
        """
        row, who = event_called(self._access, event, key)
        chosen = policy(on_insufficient)
        request = request_of(
            at,
            event=event,
            key=key,
            reason=border.text(reason, "reason"),
            on_insufficient=chosen if chosen != "partial" else None,
        )

        def decide(turn: Turn) -> None:
            now = _event_now(turn, row)
            turn.say("=", turn.who.number, now.activity, int(now.retracted is not None))
            if now.retracted is not None:
                turn.rest(now.retracted)
            else:
                retraction.retract(turn, now, chosen)

        ask = Ask("events.retract", who, request, at, border.idempotency_key(idempotency_key), decide)
        return RetractAnswer(self._access.write(ask))

    def amend(  # noqa: PLR0913 - which event, and how it should have been
        self,
        event: str | None = None,
        properties: Mapping[str, object] | None = None,
        *,
        key: str | None = None,
        reason: str | None = None,
        on_insufficient: Literal["reject", "allow_negative"] = "reject",
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> AmendAnswer:
        """Take an event back and send it again with other properties, at the instant at which it occurred.

        Both are one activity, decided under the rules of now; `answer.event_id` is the event that stands from here on.
        What both give is given once, and numbered copies keep their numbers and owners. A balance that would end below
        zero, for points were spent that the event no longer gives, is refused with `InsufficientPoints`;
        `on_insufficient="allow_negative"` lets it. `at` is held against the window, as that of any write, and moves
        nothing: the event stays where it was.
        Raises `NotFound` (`Event not found: …`), and `BadValue` for properties that do not fit the declaration and for
        an event that was taken back.

        >>> from gamify_core import Catalog, Engine, Rule
        >>> game = Engine(Catalog(rules=[Rule("lesson", on="lesson_finished", award="score")]))
        >>> sent = game.events.emit("ada", "lesson_finished", {"score": 97})
        >>> game.events.amend(sent.event_id, {"score": 79}).points
        -18
        """
        row, who = event_called(self._access, event, key)
        given = border.properties(properties, "properties")
        chosen = policy(on_insufficient, ("reject", "allow_negative"))
        request = request_of(
            at,
            event=event,
            key=key,
            event_name=row.name,
            properties=given,
            reason=border.text(reason, "reason"),
            on_insufficient=chosen if chosen != "reject" else None,
        )

        def decide(turn: Turn) -> None:
            now = _event_now(turn, row)
            if now.retracted is not None:
                detail = f"evt_{now.activity} was taken back"
                raise BadValue("event", event, detail, hint="send it again, or amend the event in its place")
            check(turn.plan.catalog, now.name, given)
            turn.occurred_at = now.occurred_at
            carried = amendment.begin(turn, now)
            turn.offset = carried if carried is not None else _offset(turn, now)
            happen(turn, now.name, given)

        def after(turn: Turn) -> None:
            amendment.finish(turn, row, chosen)

        checked = border.idempotency_key(idempotency_key)
        ask = Ask("events.amend", who, request, at, checked, decide, after=after)
        return AmendAnswer(self._access.write(ask))

    # -- reading ----------------------------------------------------------------------------------------------

    def explain(
        self, participant_id: str, event_name: str, properties: Mapping[str, object] | None = None
    ) -> Explained:
        """Say what an event would come to, and why, without sending it: which predicate fails, with what values.

        The event is decided for now, as `emit` would, over a snapshot: the store may be one that is only read from.

        >>> from gamify_core import Catalog, Engine, Ladder, Rule
        >>> rule = Rule("lesson", on="lesson_finished", when="score >= 60", award=19)
        >>> game = Engine(Catalog(rules=[rule], ladders=[Ladder("tier", {"bronze": 0, "silver": 60})]))
        >>> print(game.events.explain("ada", "lesson_finished", {"score": 41}))
        lesson: no, score >= 60 is false (score = 41)
        >>> print(game.events.explain("ada", "lesson_finished", {"score": 97}))
        lesson: yes
        tier silver: not yet, points.earned 19 of 60
        """
        who = border.participant(participant_id)
        name = border.participant(event_name, "event_name")
        checked = border.properties(properties, "properties")
        access = self._access
        with access.read() as reader:
            return tried(access.road, reader, access.scope, (who, name, checked))

    def why(self, event: str | None = None, *, key: str | None = None, replay: bool = False) -> Explained:
        """Say of an event that was sent why it came out as it did, from what was recorded of it.

        `event` is its id (`evt_17`); or pass as `key` the idempotency key it was sent with. It is explained under the
        catalog that it was decided under: which rules fired, what stood against the others, which badges, tiers and
        challenges were reached. A false condition is worked out again on the event's own properties and draws; one that
        also rests on a metric, on the participant's attributes or on local time is quoted, for what those were then is
        not kept, nor is what was not reached. With `replay` all that came before is decided again in memory, and the
        event is then explained as `explain` would have: that tells everything, and takes as long as it took to write.
        (An event that was amended, or whose words were erased, is explained as it was recorded.)
        Raises `NotFound` (`Event not found: …`).
        """
        row, who = event_called(self._access, event, key)
        anew = border.flag(replay, "replay")
        with self._access.read() as reader:
            activity = reader.get(ACTIVITY, (row.activity,))
            assert activity is not None  # noqa: S101 - activity is never removed
            request = asked_with(reader, row.activity)
            if anew and request is not None and activity.kind == "event":
                return self._anew(reader, activity, request)
            decided = self._access.road.recall(reader, activity)._replace(participant_id=who)
            seed = reader.get(SETTING, ("seed",))
        properties = request.get("properties", {}) if request is not None else None
        return explained_again(decided, row.name, properties, int(seed.value) if seed is not None else None)

    def _anew(self, reader: Reader, activity: ActivityRow, request: Mapping[str, Any]) -> Explained:
        """Explain an event on the state that it found."""
        road = self._before(reader, self._access.road, activity.seq)
        at = datetime.fromisoformat(request["at"]) if "at" in request else None
        with road.store.view() as before:
            sent = request["participant_id"], request["event_name"], request.get("properties", {})
            return tried(road, before, activity.scope, sent, at)

    def list(
        self, participant_id: str, *, event_name: str | None = None, page: int = 1, page_size: int = 20
    ) -> Page[Sent]:
        """Return the events of a participant, newest first; with `event_name` only those of that name."""
        who = border.participant(participant_id)
        number, size = border.page(page, page_size)
        name = border.code(event_name, "event_name") if event_name is not None else None
        rows: list[EventRow] = []
        total = 0
        with self._access.read() as reader:
            person = self._access.person(reader, who)
            first = (number - 1) * size
            if person is not None and name is None:
                total, rows = page_of(
                    reader, person, EVENT, None, (), lambda row: row.activity, offset=first, limit=size
                )
            elif person is not None:
                mine = [row for row in gather(reader, person, EVENT) if row.name == name]
                mine.sort(key=lambda row: row.activity, reverse=True)
                total, rows = len(mine), mine[first : first + size]
            items = []
            for row in rows:
                request = asked_with(reader, row.activity) or {}
                sent = Sent(
                    f"evt_{row.activity}",
                    row.name,
                    request.get("properties", {}),
                    moment(row.occurred_at),
                    row.retracted is not None,
                )
                items.append(sent)
        return Page(items, total, number, size, "events", {"participant_id": who})


def _inquiry(ask: Ask) -> Inquiry:
    """Return what asks why an event comes out as it does."""
    return Inquiry(ask.request["event_name"], ask.request["properties"], earnest=True)


def _event_now(turn: Turn, event: EventRow) -> EventRow:
    """Return an event's row as it stands now that the writer is ours."""
    row = turn.unit.get(EVENT, (event.participant, event.n))
    return row if row is not None else event


def _offset(turn: Turn, event: EventRow) -> int:
    """Return the offset that the instant of an event carried, where that was kept."""
    request = asked_with(turn.unit, event.activity) or {}
    return offset_of(datetime.fromisoformat(request["at"])) if "at" in request else turn.offset
