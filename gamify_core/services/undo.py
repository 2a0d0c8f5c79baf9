"""What taking something back answers, and how what is to be taken back is found by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from gamify_core import border
from gamify_core.answers import Answer
from gamify_core.clock import iso
from gamify_core.domain.decimals import Amount, plain
from gamify_core.effects import PendingCancelled, PointsReversed, Skipped, Words, effect_id
from gamify_core.errors import BadValue, NotFound, in_words
from gamify_core.exactly import exactly
from gamify_core.ids import id_of, numbers_of
from gamify_core.road.chains import first_from
from gamify_core.road.mirroring import OnInsufficient
from gamify_core.road.opening import KIND as OPENED
from gamify_core.road.reversals import movement
from gamify_core.road.seal import key_hash
from gamify_core.storage.tables.activity import ACTIVITY, ACTIVITY_BY_KEY
from gamify_core.storage.tables.ledger import PENDING
from gamify_core.storage.tables.participants import PARTICIPANT
from gamify_core.storage.tables.progress import EVENT

if TYPE_CHECKING:
    from gamify_core.services.access import Access
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.activity import ActivityRow
    from gamify_core.storage.tables.ledger import EntryRow, PendingRow
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.tables.progress import EventRow

__all__ = [
    "RetractAnswer",
    "ReversalAnswer",
    "Undone",
    "event_called",
    "movement_called",
    "policy",
]

_STAYS = frozenset({"kept", "moved_on", "permanent", "spent"})
_TAKEN = PointsReversed.tag, PendingCancelled.tag
_EVENTS = frozenset({"event", "events.amend"})


class Undone(Answer):
    """Something that was taken back."""

    __slots__ = ()

    @property
    def stayed(self) -> tuple[Skipped, ...]:
        """What could not be taken back, or was not to be, each with why."""
        return tuple(skipped for skipped in self.skipped if skipped.code in _STAYS)


class RetractAnswer(Undone):
    """An event that was taken back, with what it had caused."""

    __slots__ = ()

    @property
    def event_id(self) -> str:
        """The event that was taken back."""
        return id_of("evt", int(self._said()[2] or 0))

    @property
    def already_retracted(self) -> bool:
        """Whether it had been taken back before, so that nothing was written."""
        return bool(self._said()[3])

    def _title(self) -> str:
        return f"{self.event_id} taken back" + (" already" if self.already_retracted else "")

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "event_id": self.event_id,
            "participant_id": self.participant_id,
            "already_retracted": self.already_retracted,
            "recorded_at": iso(self._decided.recorded_at),
            "effects": [effect.to_dict() for effect in self.effects if effect not in self.stayed],
            "stayed": [skipped.to_dict() for skipped in self.stayed],
        }


class ReversalAnswer(Undone):
    """A movement of points that was taken back, in whole or in part."""

    __slots__ = ()

    @property
    def _movement(self) -> tuple[int, Words] | None:
        """Return the place and the words of the reversal itself, which comes before what it set off.

        What lapsed of an award comes back before the award goes, and is not what was asked for.
        """
        said = enumerate(self._decided.outcome)
        return next(((n, words) for n, words in said if words[0] in _TAKEN and words[2] != "time"), None)

    @property
    def transaction_id(self) -> str | None:
        """The id of the movement that took it back; None where there was nothing to take back, or it was pending."""
        found = self._movement
        if found is None or found[1][0] == PendingCancelled.tag:
            return None
        return effect_id("points_", self._decided.seq, found[0])

    @property
    def reversed_transaction_id(self) -> str:
        """The movement that was taken back."""
        said = self._said()
        return effect_id("points_", int(said[3] or 0), int(said[4] or 0))

    @property
    def amount(self) -> Amount:
        """How much was taken back now; less than was asked for where the wallet did not hold it (`"partial"`)."""
        found = self._movement
        taken = abs(int(found[1][3] or 0)) if found is not None else 0
        return self._shown(taken, self.currency)

    @property
    def currency(self) -> str:
        """Of which currency."""
        return str(self._said()[2])

    @property
    def reversed_total(self) -> Amount:
        """How much of the movement has been taken back in all."""
        return self._shown(self._said()[5], self.currency)

    @property
    def new_balance(self) -> Amount:
        """The balance after everything the command did."""
        return self._shown(self._said()[6], self.currency)

    def _title(self) -> str:
        return f"{self.reversed_transaction_id} taken back"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "transaction_id": self.transaction_id,
            "reversed_transaction_id": self.reversed_transaction_id,
            "participant_id": self.participant_id,
            "amount": plain(self.amount),
            "currency": self.currency,
            "reversed_total": plain(self.reversed_total),
            "new_balance": plain(self.new_balance),
            "stayed": [skipped.to_dict() for skipped in self.stayed],
        }


def policy(value: object, known: tuple[OnInsufficient, ...] = get_args(OnInsufficient)) -> OnInsufficient:
    """Return what to do where points are not there any more. Raises `BadValue`."""
    value = exactly(value)
    for each in known:
        if isinstance(value, str) and value == each:
            return each
    detail = f"on_insufficient must be one of {', '.join(known)}, not {in_words(value)}"
    raise BadValue("on_insufficient", value, detail)


def movement_called(access: Access, transaction: str) -> tuple[EntryRow | PendingRow, str]:
    """Return a movement by its id, or the promise of one, and whose wallet it is. Raises `NotFound`."""
    activity, ordinal = numbers_of("txn", transaction)
    transaction = exactly(transaction)
    with access.read() as reader:
        row = reader.get(ACTIVITY, (activity,))
        outcome = access.road.recall(reader, row).outcome if row is not None else []
        words = outcome[ordinal] if ordinal < len(outcome) else None
        if row is not None and row.scope == access.scope and words and (currency := _currency(row, words)):
            number = int(words[1] or 0)
            promised = reader.get(PENDING, (activity, ordinal))
            entry = promised or movement(reader, number, currency, activity, ordinal)
            if entry is not None:
                return entry, _name(reader, number)
    raise NotFound("transaction", transaction[:100], f"Transaction not found: {transaction:.100}")


def _currency(row: ActivityRow, words: Words) -> str | None:
    """Return the currency of which words of an outcome tell a movement, or None where they tell something else."""
    if str(words[0]).startswith("points_"):
        return str(words[4])
    return str(words[3]) if row.kind == OPENED and words[2] == "wallet" else None


def event_called(access: Access, event: str | None, key: str | None) -> tuple[EventRow, str]:
    """Return an event by its id or by the idempotency key it was sent with, and whose it is. Raises `NotFound`."""
    if (event is None) == (key is None):
        detail = "pass the id of an event, or key= the idempotency key it was sent with"
        raise BadValue("event", event, detail)
    with access.read() as reader:
        if key is not None:
            checked = border.idempotency_key(key) or ""
            called = f"key {checked}"
            row = reader.find(ACTIVITY, ACTIVITY_BY_KEY, (key_hash(access.scope, "event", checked),))
        else:
            called = text = border.code(event, "event")
            seq, ordinal = numbers_of("evt", f"evt_{text[5:]}" if text.startswith("fact_") else text)
            row = reader.get(ACTIVITY, (seq,)) if not ordinal else None
        if (
            row is not None
            and row.scope == access.scope
            and row.kind in _EVENTS
            and row.participant is not None
        ):
            found = _event(reader, row.participant, row.seq)
            if found is not None and key is not None:
                found = _in_its_place(reader, row.participant, found)
            if found is not None:
                return found, _name(reader, row.participant)
    raise NotFound("event", called[:100], f"Event not found: {called:.100}")


def _event(reader: Reader, number: int, activity: int) -> EventRow | None:
    """Return the event that an activity wrote: they are numbered in the order of recording."""
    n = first_from(reader, EVENT, (number,), lambda row: row.activity, activity)
    row = reader.get(EVENT, (number, n))
    return row if row is not None and row.activity == activity else None


def _in_its_place(reader: Reader, number: int, event: EventRow) -> EventRow | None:
    """Return the event that stands where one was amended: the application knows it by the key of the first."""
    while event.retracted is not None:
        row = reader.get(ACTIVITY, (event.retracted,))
        later = (
            _event(reader, number, event.retracted)
            if row is not None and row.kind == "events.amend"
            else None
        )
        if later is None:
            break
        event = later
    return event


def _name(reader: Reader, number: int) -> str:
    person: ParticipantRow | None = reader.get(PARTICIPANT, (number,))
    return person.participant_id if person is not None else ""
