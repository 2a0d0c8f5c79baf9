"""The road: the one way by which anything is written.

Look the idempotency key up (a replay answers at once) → read → decide → queue rows → hold the moved metrics
against the catalog's thresholds → the activity row with its outcome, sealed → one commit → listeners → an answer.
Every write takes this road; there is no second one. What comes out is a `Decided`: the words of the
outcome and whose they are. A replay of the same key reads the same words back, so it cannot answer anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gamify_core.clock import instant_of, iso, offset_of
from gamify_core.errors import BadValue, OutOfWindow
from gamify_core.road import cascade, reevaluation, waiting
from gamify_core.road.catalogs import Catalogs
from gamify_core.road.commands import NOBODY, Ask, Decided
from gamify_core.road.joined import is_alias, the_one
from gamify_core.road.recalling import again, check_same, recall
from gamify_core.road.recording import SEALED, Recorder
from gamify_core.road.registering import participant
from gamify_core.road.seal import fingerprint_of, key_hash
from gamify_core.road.seeds import seeding
from gamify_core.road.trial import Trial
from gamify_core.road.turn import Turn
from gamify_core.storage.tables import ORDER, TABLES
from gamify_core.storage.tables.activity import ACTIVITY, ACTIVITY_BY_KEY
from gamify_core.storage.tables.participants import PARTICIPANT, PARTICIPANT_BY_ID
from gamify_core.storage.unit import Unit, remember

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.effects import Words
    from gamify_core.road.adopting import Adopting
    from gamify_core.road.catalogs import OnChange
    from gamify_core.road.plan import Plan
    from gamify_core.road.rebuild import Changes
    from gamify_core.storage.protocol import Reader, Store
    from gamify_core.storage.tables.activity import ActivityRow
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = ["Road"]

_row = tuple.__new__


class Road:
    """A store and a catalog, and how commands travel from one to the other."""

    unit: type[Unit] = Unit
    """What the work of a command is done in."""

    def __init__(  # noqa: PLR0913 - the engine's own settings
        self,
        store: Store,
        catalog: Catalog,
        now: Callable[[], tuple[int, int]],
        *,
        accept_late: int | None,
        accept_early: int,
        on_change: OnChange,
        seed: int | None,
        recorder: Recorder = SEALED,
    ) -> None:
        """Prepare the road; the store is migrated, nothing is written. `recorder` keeps what was decided."""
        self.store = store
        self.now = now
        self.accept_late = accept_late
        self.accept_early = accept_early
        self.known: dict[object, Any] = {}
        self.live: bool = True
        """Whether rows are read as they are, and not as they were, where not all that is kept is there."""
        self.recorder = recorder
        self.seed: Callable[[Unit], int] = seeding(seed)
        self.catalogs: Catalogs = Catalogs(catalog, self.known, recorder, self.seed, on_change)
        store.migrate(TABLES)

    def open(self, locks: Sequence[str] = ()) -> Unit:
        """Open a unit of work. Whoever opens it commits it or rolls it back."""
        return self.unit(self.store.begin(locks), ORDER, self.known)

    @contextmanager
    def whole(self, locks: Sequence[str] = ()) -> Iterator[Unit]:
        """Give a unit of work for a `with` block, which is committed at its end and rolled back where that raises."""
        unit = self.open(locks)
        try:
            yield unit
            unit.commit()
        except BaseException:
            unit.rollback()
            raise

    def trial(self, reader: Reader | Unit) -> Trial:
        """Return a unit to try commands out in, over what a reader shows."""
        return Trial(reader)

    def as_of(self, instant: int) -> Road:
        """Return the same road at another moment, to try out on it what will be due by then."""
        other = copy(self)
        other.now = lambda: (instant, 0)
        return other

    def beside(self, connection: object) -> Road:
        """Return the same road over the application's own connection, for one transaction of the application's.

        Facts are learnt anew there: whether what it commits will stay is not known, nor that it is our own file.
        """
        joined = getattr(self.store, "joined", None)
        if joined is None:
            detail = f"{type(self.store).__name__} keeps its rows elsewhere than a connection leads to"
            raise BadValue("connection", connection, detail, hint="open the engine on the application's file")
        other = copy(self)
        other.store = joined(connection)
        other.known = {}
        other.catalogs = self.catalogs.knowing(other.known)
        return other

    def learn(self, name: object, number: int) -> None:
        """Know a fact of a committed row that never changes, such as a window's number."""
        remember(self.known, {name: number})

    # -- one command -----------------------------------------------------------------------------------------

    def perform(  # noqa: C901 - the whole way, told once
        self, unit: Unit, scope: str, ask: Ask, *, backfill: bool = False, now: int | None = None
    ) -> Decided:
        """Decide one command within a unit. When it raises, the caller takes back what it queued.

        It is `now`, where that is not for the clock to say: in an import, and in a forecast.
        """
        hashed = fingerprint = None
        request = self.recorder.text(ask.request)
        if ask.key is not None:
            hashed, fingerprint = self._keyed(scope, ask, ask.key, request)
            first = unit.find(ACTIVITY, ACTIVITY_BY_KEY, (hashed,))
            if first is not None:
                check_same(unit, first, ask, fingerprint)
                return again(unit, first, ask, self.catalog_of(unit, first.catalog))
        if now is None:
            now, occurred_at, offset = self._times(ask.at, backfill=backfill)
        else:
            occurred_at, offset = now, 0
        plan, head = self.catalogs.in_force(unit, now)
        recorded_at = now if now > head.recorded_at else head.recorded_at + 1
        who = NOBODY
        before: tuple[Decided, ...] = ()
        if ask.participant_id:
            who = participant(unit, scope, ask.participant_id, recorded_at, erased=ask.erases)
            if (who.due is not None or ask.others) and not ask.by_time:
                before = self._catch_up(unit, scope, who, ask.others, now)
                head = self.recorder.last(unit) or head
                began, recorded_at = recorded_at, max(recorded_at, head.recorded_at + 1)
                who = _appearing(unit, unit.get(PARTICIPANT, (who.number,)) or who, began, recorded_at)
        catalog = head.catalog
        seq = head.seq + 1
        turn = Turn(unit, plan, self.seed, scope, seq, recorded_at, occurred_at, offset, who)
        ask.decide(turn)
        if turn.reached or turn.stale:
            cascade.fire_reached(turn)
        if ask.after is not None:
            ask.after(turn)
        if ask.edits and not turn.idle:
            catalog = self.catalogs.edited(turn)
        if turn.timed:
            for number in sorted(turn.timed):
                waiting.refresh(unit, number)
        written = not turn.idle or hashed is not None  # a key is kept even where nothing else is to be done
        if written:
            turn.seq = seq
            self.recorder.record(
                unit, turn, ask.kind, request, catalog, hashed, fingerprint, head.digest, ask.erases
            )
        return _row(
            Decided,
            (
                turn.seq,
                recorded_at,
                turn.occurred_at,
                ask.kind,
                turn.who.participant_id,
                turn.people,
                turn.outcome,
                turn.plan.catalog,
                False,
                written,
                before,
            ),
        )

    def _catch_up(
        self, unit: Unit, scope: str, who: ParticipantRow, others: tuple[str, ...], now: int
    ) -> tuple[Decided, ...]:
        """Do what is due by now for the people a command is about, in the order in which it was due."""
        people = [who.number] if who.due is not None else []
        for other in others:
            row = unit.find(PARTICIPANT, PARTICIPANT_BY_ID, (scope, other))
            row = the_one(unit, row) if row is not None else None
            if row is not None and row.due is not None and row.number != who.number:
                people.append(row.number)
        return tuple(self.settle_people(unit, people, now)) if people else ()

    def settle_people(self, unit: Unit, people: list[int], until: int) -> list[Decided]:
        """Do what is due for some people up to an instant; each thing is an activity that occurred when it was due."""
        done: list[Decided] = []
        while True:
            rows = [unit.get(PARTICIPANT, (number,)) for number in people]
            due = [(row.due, row.number, row) for row in rows if row is not None and row.due is not None]
            at, _, row = min(due, default=(until + 1, 0, NOBODY))
            if at > until:
                return done
            done.append(self.perform(unit, row.scope, waiting.due_for(row.participant_id, at), now=until))

    def attempt(self, unit: Unit, scope: str, ask: Ask, *, backfill: bool = False) -> Decided:
        """Decide one command among others of a unit: one that raises, or has nothing to write, leaves nothing."""
        mark = unit.mark()
        try:
            decided = self.perform(unit, scope, ask, backfill=backfill)
        except BaseException:
            unit.rewind(mark)
            raise
        if decided.written:
            unit.release()
        else:
            unit.rewind(mark)
        return decided

    def note(  # noqa: PLR0913 - the parts of a row that no turn has decided
        self,
        unit: Unit,
        scope: str,
        kind: str,
        request: str,
        outcome: list[Words],
        hashed: bytes,
        fingerprint: bytes,
    ) -> None:
        """Write a row about no participant in particular, such as that of a batch."""
        now, _ = self.now()
        plan, head = self.catalogs.in_force(unit, now)
        seq, recorded_at = head.seq + 1, max(now, head.recorded_at + 1)
        turn = Turn(unit, plan, self.seed, scope, seq, recorded_at, recorded_at, 0, NOBODY)
        turn.outcome = outcome
        self.recorder.record(unit, turn, kind, request, head.catalog, hashed, fingerprint, head.digest)

    def _keyed(self, scope: str, ask: Ask, key: str, request: str) -> tuple[bytes, bytes]:
        """Return what a command's key and its arguments are kept as."""
        return key_hash(scope, ask.kind, key), fingerprint_of(request)

    def _times(self, at: datetime | None, *, backfill: bool) -> tuple[int, int, int]:
        """Return when this is recorded, when it occurred, and the offset the instant carried."""
        now, offset = self.now()
        if at is None:
            return now, now, offset
        occurred_at = instant_of(at)
        if occurred_at > now + self.accept_early:
            detail = f"at {iso(occurred_at)} lies in the future: it is {iso(now)}"
            hint = f"up to {self.accept_early // 1_000_000} seconds ahead are accepted (accept_early)"
            raise OutOfWindow("at", at, detail, hint=hint)
        if backfill:
            now = min(now, occurred_at)
        elif self.accept_late is not None and occurred_at < now - self.accept_late:
            detail = f"at {iso(occurred_at)} lies too far back: it is {iso(now)}"
            days = self.accept_late // 86_400_000_000
            hint = f"up to {days} days late are accepted (accept_late); import older history"
            raise OutOfWindow("at", at, detail, hint=hint)
        return now, occurred_at, offset_of(at)

    def reevaluate(self, unit: Unit, people: int) -> list[Decided]:
        """Do some of what an edit has left to do (see `reevaluation`), for so many people."""
        job = reevaluation.pending(unit)
        if job is None:
            reevaluation.look(unit)
            return []
        decided = []
        last = unit.last(PARTICIPANT)
        end = min(job.following + people, last.number + 1 if last is not None else 1)
        for number in range(job.following, end):
            person = unit.get(PARTICIPANT, (number,))
            if person is not None and person.erased is None and not is_alias(person):
                one = self.attempt(unit, person.scope, reevaluation.of(person.participant_id))
                if one.written:
                    decided.append(one)
        reevaluation.go_on(unit, job, end if last is not None and end <= last.number else None)
        return decided

    # -- what is read by -------------------------------------------------------------------------------------

    @property
    def base(self) -> Plan:
        """The plan of the engine's own catalog, without the definitions in the store."""
        return self.catalogs.base

    def in_force(self, unit: Unit) -> Plan:
        """Return the plan to decide by, adopted where it was not in force."""
        return self.catalogs.in_force(unit, self.now()[0])[0]

    def plan_in(self, reader: Reader | Unit) -> Plan:
        """Return the plan to read by: what this engine's catalog and the definitions in the store come to."""
        return self.catalogs.plan_in(reader)

    def adopting(self, reader: Reader | Unit, changed: Changes, scope: str | None = None) -> Adopting:
        """Return a reader that shows what adopting a plan will change; of a scope, if one is named, all of it."""
        ahead = self.catalogs.adopting(reader, changed, self.now()[0])
        if scope is not None:
            ahead.everyone(scope)
        return ahead

    def catalog_of(self, reader: Reader | Unit, number: int) -> Catalog:
        """Return the catalog that decisions were made under."""
        return self.catalogs.catalog_of(reader, number)

    def recall(self, reader: Reader | Unit, row: ActivityRow) -> Decided:
        """Return what was decided, from its activity row."""
        return recall(reader, row, self.catalog_of(reader, row.catalog))


def _appearing(unit: Unit, who: ParticipantRow, began: int, recorded_at: int) -> ParticipantRow:
    """Let who appears with a command appear with the command itself, and not with what was due before it."""
    if who.created_at == began != recorded_at:
        who = who._replace(created_at=recorded_at)
        unit.put(PARTICIPANT, who)
    return who
