"""Carrying a backtest out on the people it is about: once, some at a time, and only while it is still true."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import attrs

from gamify_core.clock import instant_of, iso
from gamify_core.domain.decimals import Amount, exact, kept, plain, worth
from gamify_core.errors import BadValue, GamifyError, HistoryMovedOn, NotFound, StoreError
from gamify_core.history.looking import rows_of
from gamify_core.ids import Kind, numbers_of
from gamify_core.road.batches import Batch, Failure
from gamify_core.road.corrections import KIND, Take, correction
from gamify_core.road.requests import asked_with
from gamify_core.storage.tables.activity import ACTIVITY
from gamify_core.storage.tables.ledger import PENDING

if TYPE_CHECKING:
    from gamify_core.border import Json
    from gamify_core.catalog import Catalog
    from gamify_core.replay.report import Backtest, Difference
    from gamify_core.road.commands import Ask, Decided
    from gamify_core.road.turn import Turn
    from gamify_core.services.access import Access
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.activity import ActivityRow
    from gamify_core.storage.unit import Unit

__all__ = ["Applied", "carry_out"]

_AT_ONCE = 100
_ADOPTED = "catalog.adopted"
_UNDOING: Mapping[str, Kind] = {"events.retract": "evt", "events.amend": "evt", "points.reverse": "txn"}


@attrs.frozen
class Applied:
    """What came of applying a backtest.

    `given` and `taken` are by currency; `short`, by currency too, was to be taken and was spent already. `participants`
    is for how many something was done now, `already` how many had it before, and `gone` those who were erased since.
    `pending` is what is promised to anybody and has not matured: it could not be compared yet.
    """

    report: str
    participants: int
    already: int
    gone: int
    given: dict[str, Amount]
    taken: dict[str, Amount]
    short: dict[str, Amount]
    badges_given: int
    badges_taken: int
    pending: Mapping[str, Amount] = attrs.field(factory=dict)

    def __str__(self) -> str:
        """Return what was done, in a sentence."""
        parts = [worth(amount, currency, "+") for currency, amount in self.given.items()]
        parts += [worth(amount, currency, "−") for currency, amount in self.taken.items()]
        parts += [f"{worth(amount, currency)} spent already" for currency, amount in self.short.items()]
        for number, what in ((self.badges_given, "badge given"), (self.badges_taken, "badge taken back")):
            noun, _, rest = what.partition(" ")
            parts += [f"{number:,} {noun if number == 1 else noun + 's'} {rest}"] * bool(number)
        people = f"{self.participants:,} participant{'' if self.participants == 1 else 's'}"
        done = (
            f"{', '.join(parts) or 'nothing to be done'}, for {people}"
            if self.participants
            else "nothing to be done"
        )
        tail = [f"{self.already:,} done before"] * bool(self.already) + [f"{self.gone:,} gone"] * bool(
            self.gone
        )
        return "; ".join([f"backtest {self.report}: {done}", *tail])

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        sums = {"given": self.given, "taken": self.taken, "short": self.short, "pending": self.pending}
        plainly = {
            name: {currency: plain(amount) for currency, amount in amounts.items()}
            for name, amounts in sums.items()
        }
        return {**attrs.asdict(self), **plainly}


def carry_out(
    access: Access,
    report: Backtest,
    *,
    give: bool,
    take: Take,
    told: Callable[[int, int], object] | None = None,
) -> Applied:
    """Give and take what a report says. Raises `BadValue`, `HistoryMovedOn`."""
    still_true = _StillTrue(access, report)
    with access.read() as reader:
        still_true.check(reader)
    asks: defaultdict[str, list[Ask]] = defaultdict(list)
    for one in report.differences:
        for request, key in _requests(one, report.id, access.plan.catalog, give=give, take=take):
            asks[one.scope].append(correction(request, key, still_true.look))
    tally = _Tally(access.plan.catalog)
    done, whole = 0, sum(map(len, asks.values()))
    for scope, listed in asks.items():
        for start in range(0, len(listed), _AT_ONCE):
            chunk = listed[start : start + _AT_ONCE]
            decided, _ = access.for_scope(scope).write_many(Batch(KIND, chunk))
            tally.add(scope, decided)
            done += len(chunk)
            if told is not None:
                told(done, whole)
    with access.read() as reader:
        return attrs.evolve(tally.applied(report.id), pending=_pending(reader, access.plan.catalog))


def _pending(reader: Reader, catalog: Catalog) -> dict[str, Amount]:
    """Return by currency what is promised and waits."""
    sums = Counter[str]()
    for row in rows_of(reader, PENDING):
        sums[row.currency] += row.left if row.due is not None else 0
    return {code: exact(units, catalog.scale(code)) for code, units in sorted(sums.items()) if units}


def _requests(
    one: Difference, report: str, catalog: Catalog, *, give: bool, take: Take
) -> Iterator[tuple[dict[str, Json], str]]:
    """Say what is to be done for one participant, and the key that lets it be done once."""
    units = {code: kept(amount, catalog.scale(code)) or 0 for code, amount in one.points.items()}
    more = {code: amount for code, amount in units.items() if amount > 0}
    less = {code: -amount for code, amount in units.items() if amount < 0}
    head: dict[str, Json] = {"participant_id": one.participant_id, "report": report}
    if give and (more or one.badges_gained):
        when: dict[str, Json] = {code: iso(at) for code, at in one.given_last.items() if code in more}
        yield (
            {**head, "points": dict(more), "given_at": when, "badges": list(one.badges_gained)},
            f"{report}:give:{one.participant_id}",
        )
    if take != "never" and (less or one.badges_lost):
        causes: dict[str, Json] = {
            code: [
                each.cause
                for each in one.because
                if each.currency == code and each.points_now < each.points_then
            ]
            for code in less
        }
        yield (
            {**head, "take": take, "points": dict(less), "causes": causes, "badges": list(one.badges_lost)},
            f"{report}:take:{one.participant_id}",
        )


class _StillTrue:
    """Whether what a report says is still so: asked before anything is done, and in each unit that does some of it."""

    def __init__(self, access: Access, report: Backtest) -> None:
        self._access = access
        self._report = report
        self._seen = report.activities
        self._until = instant_of(report.until) if report.until is not None else None

    def check(self, reader: Reader) -> None:
        """Refuse a report of another history, or of another catalog than the engine's."""
        report = self._report
        if report.catalog is None:
            detail = "the report compares a history with itself: there is nothing to apply"
            raise BadValue("report", report.id, detail)
        row = reader.get(ACTIVITY, (report.activities,))
        if report.activities and (row is None or row.digest.hex() != report.digest):
            detail = f"report {report.id} is about another history"
            raise BadValue("report", report.id, detail, hint="make one of this history")
        if self._access.plan.catalog.fingerprint != report.catalog:
            detail = f"report {report.id} is about another catalog than the one in force here"
            raise BadValue(
                "report", report.id, detail, hint="open the store with the catalog it was made for"
            )
        self._look(reader)

    def look(self, turn: Turn) -> None:
        """Refuse where others have changed since what the report rests on, and to make anybody's acquaintance."""
        who = turn.who
        if (
            self._until is None or who.created_at > self._until
        ):  # of the same name as somebody who was deleted
            raise NotFound("participant", who.participant_id, f"Participant not found: {who.participant_id}")
        if turn.plan.catalog.fingerprint != self._report.catalog:
            raise _moved_on(self._report, "another catalog came into force")
        self._look(turn.unit)

    def _look(self, reader: Reader | Unit) -> None:
        while rows := reader.scan(ACTIVITY, None, (), start=(self._seen + 1,), limit=1_000):
            for row in rows:
                why = self._matters(reader, row)
                if why is not None:
                    raise _moved_on(self._report, why)
            self._seen = rows[-1].seq

    def _matters(self, reader: Reader | Unit, row: ActivityRow) -> str | None:
        """Return why an activity since then makes the report untrue, or None."""
        if row.kind == KIND:
            told = asked_with(reader, row.seq)
            other = told is not None and told["report"] != self._report.id
            return "another backtest was applied" if other else None
        kind = _UNDOING.get(row.kind)
        if kind is not None:
            told = asked_with(reader, row.seq) or {}
            named = told.get("event") or told.get("transaction_id")
            if (
                named is None
                or numbers_of("evt" if kind == "evt" else "txn", named)[0] <= self._report.activities
            ):
                return f"something it counts was taken back ({row.kind}, activity {row.seq})"
        if row.kind != _ADOPTED and row.participant is not None:
            catalog = self._access.road.catalog_of(reader, row.catalog)
            if catalog.fingerprint != self._report.catalog:
                return f"commands were decided by other definitions (activity {row.seq})"
        return None


def _moved_on(report: Backtest, why: str) -> HistoryMovedOn:
    return HistoryMovedOn(report.id, why)


class _Tally:
    """Adds up what was done."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._people: set[tuple[str, str]] = set()
        self._already = self._gone = 0
        self._given, self._taken, self._short = Counter[str](), Counter[str](), Counter[str]()
        self._badges = Counter[str]()

    def add(self, scope: str, decided: Iterable[Decided | Failure]) -> None:
        """Add some more of it. Raises what ends it all."""
        for one in decided:
            if isinstance(one, Failure):
                self._failed(one.error)
            elif one.replayed:
                self._already += 1
            else:
                self._done(scope, one)

    def applied(self, report: str) -> Applied:
        """Return the sum."""
        counts = (len(self._people), self._already, self._gone)
        given, taken, short = map(self._exactly, (self._given, self._taken, self._short))
        return Applied(
            report, *counts, given, taken, short, self._badges["badge_earned"], self._badges["badge_revoked"]
        )

    def _exactly(self, units: Mapping[str, int]) -> dict[str, Amount]:
        return {
            currency: exact(each, self._catalog.scale(currency)) for currency, each in units.items() if each
        }

    def _failed(self, error: GamifyError) -> None:
        if isinstance(error, StoreError) or not isinstance(error, NotFound):
            raise error
        self._gone += 1

    def _done(self, scope: str, one: Decided) -> None:
        self._people.add((scope, one.participant_id))
        for words in one.outcome:
            tag, amount, currency = words[0], *(*words[3:5], None, None)[:2]
            if tag == "points_awarded":
                self._given[str(currency)] += int(amount or 0)
            elif tag == "points_reversed":
                self._taken[str(currency)] -= int(amount or 0)
            elif tag == "skipped" and words[4] == "spent":
                self._short[str(words[3])] += (
                    kept(Decimal(words[5] or 0), self._catalog.scale(str(words[3]))) or 0
                )
            elif tag in {"badge_earned", "badge_revoked"}:
                self._badges[str(tag)] += 1
