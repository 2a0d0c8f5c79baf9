"""The road: the one way by which anything is written.

Look the idempotency key up (a replay answers at once) → read → decide → queue rows → hold the moved metrics
against the catalog's thresholds → the activity row with its outcome, sealed → one commit → listeners → an answer.
Every write takes this road; there is no second one. What comes out is a `Decided`: the words of the
outcome and whose they are. A replay of the same key reads the same words back, so it cannot answer anything else.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Sequence
from copy import copy
from datetime import datetime
from typing import Any, Literal, NamedTuple

from gamify_core.catalog import Catalog
from gamify_core.clock import instant_of, iso, offset_of
from gamify_core.effects import PEERS, Words
from gamify_core.errors import (
    BadValue,
    CatalogError,
    Fault,
    IdempotencyConflict,
    NotFound,
    OutOfWindow,
    StoreCorrupt,
)
from gamify_core.road import cascade, reevaluation, waiting
from gamify_core.road.definitions import Merged, identity, merged, refuse_unsound, versions
from gamify_core.road.erasing import ALIAS, NOWHERE
from gamify_core.road.plan import Plan, compile_plan
from gamify_core.road.rebuild import rebuild
from gamify_core.road.recording import SEALED, Recorder
from gamify_core.road.requests import asked_with
from gamify_core.road.scales import check_scales
from gamify_core.road.seal import FIRST, canonical, differing, fingerprint_of, key_hash
from gamify_core.road.turn import Turn
from gamify_core.storage.protocol import Reader, Store
from gamify_core.storage.tables import ORDER, TABLES
from gamify_core.storage.tables.activity import (
    ACTIVITY,
    ACTIVITY_BY_KEY,
    CATALOG,
    CATALOG_BY_FINGERPRINT,
    SETTING,
    ActivityRow,
    CatalogRow,
    SettingRow,
)
from gamify_core.storage.tables.participants import PARTICIPANT, PARTICIPANT_BY_ID, ParticipantRow
from gamify_core.storage.unit import Unit, remember

__all__ = ["NOBODY", "Ask", "Decided", "OnChange", "Road", "due_for", "last_catalog", "reconsideration"]

NOBODY = ParticipantRow(0, "", "", None, None, None, "{}", 1, 0, None)
"""Whom a row is about that is about nobody in particular; never stored."""

OnChange = Literal["keep", "reevaluate", "refuse"]
_row = tuple.__new__
_log = logging.getLogger("gamify_core")
_PLANS_KEPT = 16


class Ask(NamedTuple):
    """One command as a service hands it to the road: checked, but not decided.

    With an empty `participant_id` it is about nobody in particular. `after` has its say once everything that was set
    off has happened. What `edits` changes definitions is itself the first to be recorded under them; of what `erases`
    only the hash of its arguments is kept. `by_time`: it is itself what was due, and nothing else has to be done first.
    """

    kind: str
    participant_id: str
    request: dict[str, Any]
    at: datetime | None
    key: str | None
    decide: Callable[[Turn], None]
    others: tuple[str, ...] = ()
    after: Callable[[Turn], None] | None = None
    edits: bool = False
    erases: bool = False
    by_time: bool = False


class Decided(NamedTuple):
    """A command that was decided, now or before: what an answer is read from.

    `before` is what was due for the people it is about, and was done first.
    """

    seq: int
    recorded_at: int
    occurred_at: int
    kind: str
    participant_id: str
    people: dict[int, str]
    outcome: list[Words]
    catalog: Catalog
    replayed: bool = False
    written: bool = True
    before: tuple[Decided, ...] = ()


class Road:
    """A store and a catalog, and how commands travel from one to the other. On one to the `past` none does."""

    past = False

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
        self.base: Plan = compile_plan(catalog)
        self.now = now
        self.accept_late = accept_late
        self.accept_early = accept_early
        self.known: dict[object, Any] = {}
        self.live: bool = True
        """Whether rows are read as they are, and not as they were, where not all that is kept is there."""
        self.recorder = recorder
        self._on_change = on_change
        self._seed = seed
        self._plans: dict[str, Plan] = {catalog.fingerprint: self.base}
        self._catalogs: dict[str, Catalog] = {}
        self._told: set[str] = set()
        store.migrate(TABLES)

    def open(self, locks: Sequence[str] = ()) -> Unit:
        """Open a unit of work. Whoever opens it commits it or rolls it back."""
        return self.unit(self.store.begin(locks), ORDER, self.known)

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
                return self._again(unit, first, ask, fingerprint)
        if now is None:
            now, occurred_at, offset = self._times(ask.at, backfill=backfill)
        else:
            occurred_at, offset = now, 0
        plan, head = self._in_force(unit, now)
        recorded_at = now if now > head.recorded_at else head.recorded_at + 1
        who = NOBODY
        before: tuple[Decided, ...] = ()
        if ask.participant_id:
            who = self.participant(unit, scope, ask.participant_id, recorded_at, erased=ask.erases)
            if (who.due is not None or ask.others) and not ask.by_time:
                before = self._catch_up(unit, scope, who, ask.others, now)
                who = unit.get(PARTICIPANT, (who.number,)) or who
                head = unit.last(ACTIVITY) or head
                recorded_at = max(recorded_at, head.recorded_at + 1)
        catalog = head.catalog
        seq = head.seq + 1
        turn = Turn(unit, plan, self._seeded, scope, seq, recorded_at, occurred_at, offset, who)
        ask.decide(turn)
        if turn.reached or turn.stale:
            cascade.fire_reached(turn)
        if ask.after is not None:
            ask.after(turn)
        if ask.edits and not turn.idle:
            catalog = self._edited(turn)
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
            done.append(self.perform(unit, row.scope, due_for(row.participant_id, at), now=until))

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
        plan, head = self._in_force(unit, now)
        seq, recorded_at = head.seq + 1, max(now, head.recorded_at + 1)
        turn = Turn(unit, plan, self._seeded, scope, seq, recorded_at, recorded_at, 0, NOBODY)
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

    # -- what a command rests on -----------------------------------------------------------------------------

    def participant(
        self, unit: Unit, scope: str, participant_id: str, recorded_at: int, *, erased: bool = False
    ) -> ParticipantRow:
        """Return a participant's row; participants appear on first use.

        Nothing happens any more to somebody who was erased: their alias is for reading, and raises `NotFound` here.
        """
        row = unit.find(PARTICIPANT, PARTICIPANT_BY_ID, (scope, participant_id))
        if row is None and participant_id.startswith(ALIAS):  # no new person under the alias of a deleted one
            gone = unit.find(PARTICIPANT, PARTICIPANT_BY_ID, (NOWHERE, participant_id))
            row, erased = gone, erased and gone is None
        if row is None:
            head = unit.last(PARTICIPANT)
            number = 1 if head is None else head.number + 1
            row = ParticipantRow(number, scope, participant_id, None, None, None, "{}", 1, recorded_at, None)
            unit.add(PARTICIPANT, row)
        elif row.erased is not None and not erased:
            raise NotFound("participant", participant_id, f"Participant not found: {participant_id}")
        return row

    def _seeded(self, unit: Unit) -> int:
        seed: int | None = self.known.get("seed") or unit.memo.get("seed")
        if seed is None:
            row = unit.get(SETTING, ("seed",))
            if row is None:
                row = SettingRow(
                    "seed", str(self._seed if self._seed is not None else secrets.randbits(63) + 1)
                )
                unit.add(SETTING, row)
            seed = unit.memo["seed"] = int(row.value)
        return seed

    def _in_force(self, unit: Unit, now: int) -> tuple[Plan, ActivityRow]:
        """Return the plan to decide by and the last activity, adopting the plan first where it is not in force.

        The last activity says which catalog that was: as long as it is one that is known to be what this engine's
        own catalog and the definitions in the store come to, there is nothing to be read.
        """
        head = self.recorder.last(unit)
        if head is not None:
            for facts in (self.known, unit.memo):
                known = facts.get("plan")
                if known is not None and known[0] == head.catalog:
                    return known[1], head
        made_of, plan = self._effective(unit)
        number = self._number(unit, made_of, plan)
        if head is None or head.catalog != number:
            head = self._adopt(unit, plan, number, head, now)
        unit.memo["plan"] = number, plan  # the last one alone: after many edits all of them would be a heap
        reevaluation.look(unit)
        return plan, head

    def in_force(self, unit: Unit) -> Plan:
        """Return the plan to decide by, adopted where it was not in force."""
        return self._in_force(unit, self.now()[0])[0]

    def plan_in(self, reader: Reader | Unit) -> Plan:
        """Return the plan to read by: what this engine's catalog and the definitions in the store come to."""
        head = reader.last(ACTIVITY)
        number = 0 if head is None else head.catalog
        memo = reader.memo if isinstance(reader, Unit) else self.known
        for facts in (self.known, memo):
            known = facts.get("read")
            if known is not None and known[0] == number:
                plan: Plan = known[1]
                return plan
        _, plan = self._effective(reader)
        remember(memo, {"read": (number, plan)})
        return plan

    def _effective(self, reader: Reader | Unit, edit: Turn | None = None) -> tuple[str, Plan]:
        """Return the plan of this engine's catalog together with the definitions made at run time, and its identity.

        Definitions that are unsound beside this engine's own are left out, unless it is an `edit` that makes them so.
        """
        made = versions(reader)
        made_of = identity(self.base.catalog, made)
        plan = self._plans.get(made_of)
        if plan is None:
            whole = merged(self.base.catalog, made)
            if edit is not None:
                refuse_unsound(whole, edit.plan.catalog, edit.seq)
            self._warn(whole)
            if len(self._plans) > _PLANS_KEPT:
                self._plans = {self.base.catalog.fingerprint: self.base}
            same = whole.catalog is self.base.catalog
            plan = self._plans[made_of] = self.base if same else compile_plan(whole.catalog)
        return made_of, plan

    def _warn(self, whole: Merged) -> None:
        """Log what is left out of the catalog, each fault once."""
        for version, faults in whole.left_out:
            for fault in faults:
                told = f"{version.path} is left out: {fault}"
                if not version.deleted and told not in self._told:
                    self._told.add(told)
                    _log.warning("the definition made at run time %s", told)

    def _number(self, unit: Unit, made_of: str, plan: Plan) -> int:
        """Return the number of a catalog in the file, putting it there where it is new."""
        row = unit.find(CATALOG, CATALOG_BY_FINGERPRINT, (made_of,))
        if row is None:
            last = unit.last(CATALOG)
            document = canonical(plan.catalog.to_dict())
            row = CatalogRow(1 if last is None else last.number + 1, made_of, document)
            unit.add(CATALOG, row)
        return row.number

    def _adopt(self, unit: Unit, plan: Plan, number: int, head: ActivityRow | None, now: int) -> ActivityRow:
        """Write that from here on decisions are made under this catalog; newly kept metrics are rebuilt."""
        before = self.catalog_of(unit, head.catalog) if head is not None else plan.catalog
        if self._on_change == "refuse" and before.fingerprint != plan.catalog.fingerprint:
            fault = Fault(
                "catalog", "it differs from the one this store was last written under", 'on_change="keep"'
            )
            raise CatalogError([fault])
        check_scales(unit, before, plan.catalog)
        seq, recorded_at = (1, now) if head is None else (head.seq + 1, max(now, head.recorded_at + 1))
        turn = Turn(unit, plan, self._seeded, "", seq, recorded_at, recorded_at, 0, NOBODY)
        if head is not None:
            rebuild(turn, compile_plan(before))
            if self._on_change == "reevaluate":
                reevaluation.begin(turn)
        request = canonical({"fingerprint": plan.catalog.fingerprint, "on_change": self._on_change})
        self.recorder.record(
            unit, turn, "catalog.adopted", request, number, None, None, head.digest if head else FIRST
        )
        adopted = self.recorder.last(unit)
        assert adopted is not None  # noqa: S101 - it was just written
        return adopted

    def _edited(self, turn: Turn) -> int:
        """Put what a command made of the definitions in force, and return the number of the catalog they come to."""
        made_of, after = self._effective(turn.unit, turn)
        before, turn.plan = turn.plan, after
        number = self._number(turn.unit, made_of, after)
        rebuild(turn, before)
        turn.unit.memo["plan"] = number, after
        return number

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
            if person is not None and person.erased is None:
                one = self.attempt(unit, person.scope, reconsideration(person.participant_id))
                if one.written:
                    decided.append(one)
        reevaluation.go_on(unit, job, end if last is not None and end <= last.number else None)
        return decided

    def catalog_of(self, reader: Reader | Unit, number: int) -> Catalog:
        """Return the catalog that decisions were made under, from the file itself where it is not one of ours."""
        row = reader.get(CATALOG, (number,))
        if row is None:
            return self.base.catalog
        plan = self._plans.get(row.fingerprint)
        if plan is not None:
            return plan.catalog
        catalog = self._catalogs.get(row.fingerprint)
        if catalog is None:
            if len(self._catalogs) >= _PLANS_KEPT:
                self._catalogs = {}
            catalog = self._catalogs[row.fingerprint] = _catalog_in(row)
        return catalog

    # -- reading back ----------------------------------------------------------------------------------------

    def _again(self, unit: Unit, first: ActivityRow, ask: Ask, fingerprint: bytes) -> Decided:
        """Answer a repeated key with what was decided then, or refuse other arguments."""
        if first.fingerprint != fingerprint:
            then = asked_with(unit, first.seq) or {}
            raise IdempotencyConflict(
                ask.kind, ask.key or "", differing(then, json.loads(canonical(ask.request)))
            )
        return self.again(unit, first, ask)

    def again(self, unit: Unit, row: ActivityRow, ask: Ask) -> Decided:
        """Return what was decided when this was asked before, in the names that it was asked with.

        Who has been erased since goes by an alias; an answer that told it to whoever knows the name they had would say
        who the alias is. Only the command that erased them does.
        """
        decided = self.recall(unit, row)._replace(replayed=True, written=False)
        people = dict(decided.people)
        for number in people:
            person = unit.get(PARTICIPANT, (number,))
            if person is not None and person.erased is not None and not ask.erases:
                other = ask.others[0] if ask.others else ""
                people[number] = ask.participant_id if number == row.participant else other
        who = people.get(row.participant or 0, "")
        return decided._replace(people=people, participant_id=who)

    def recall(self, reader: Reader | Unit, row: ActivityRow) -> Decided:
        """Return what was decided, from its activity row."""
        outcome: list[Words] = json.loads(row.outcome)
        numbers = {words[1] for words in outcome if isinstance(words[1], int)}
        for words in outcome:
            place = PEERS.get(str(words[0]))
            if place is not None and len(words) > place and isinstance(peer := words[place], int):
                numbers.add(peer)
        if row.participant is not None:
            numbers.add(row.participant)
        people = {}
        for number in sorted(numbers):
            person = reader.get(PARTICIPANT, (number,))
            if person is not None:
                people[number] = person.participant_id
        who = people.get(row.participant, "") if row.participant is not None else ""
        catalog = self.catalog_of(reader, row.catalog)
        return Decided(row.seq, row.recorded_at, row.occurred_at, row.kind, who, people, outcome, catalog)


def due_for(participant_id: str, at: int) -> Ask:
    """Return the command that does what is due for a participant at an instant."""

    def decide(turn: Turn) -> None:
        turn.occurred_at = at
        waiting.settle(turn)

    request = {"participant_id": participant_id, "due": iso(at)}
    return Ask(waiting.KIND, participant_id, request, None, None, decide, by_time=True)


def reconsideration(participant_id: str) -> Ask:
    """Return the command that holds the catalog in force against one participant anew."""
    request = {"participant_id": participant_id}
    return Ask(
        reevaluation.KIND,
        participant_id,
        request,
        None,
        None,
        reevaluation.reconsider,
        after=reevaluation.settle_silence,
    )


def last_catalog(store: Store, name: str) -> Catalog:
    """Return the catalog that a store was last written under; `name` is what to call the store in an error."""
    store.migrate(TABLES)
    with store.view() as view:
        head = view.last(ACTIVITY)
        row = view.get(CATALOG, (head.catalog,)) if head is not None else None
    if row is None:
        raise CatalogError(
            [Fault("catalog", "nothing was written here yet, so it carries no catalog")], source=name
        )
    return _catalog_in(row)


def _catalog_in(row: CatalogRow) -> Catalog:
    """Return the catalog that a row holds. Raises `StoreCorrupt` where that is no JSON any more."""
    try:
        document = json.loads(row.document)
    except ValueError as error:
        detail = f"catalog {row.number} of this store cannot be read: {error}"
        raise StoreCorrupt(detail) from error
    return Catalog.from_dict(document)
