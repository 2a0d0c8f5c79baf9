"""What commands answer: small read-only views of what was decided.

An answer reads the words of the outcome when asked, so a live call and its replay under the same idempotency key answer
alike, and a caller who looks at nothing pays for nothing. Every answer has `effects`, the shortcuts `points`, `badges`,
`tier_upgrade`, `streaks`, `corrections` and `skipped`, prints as a person would want to read it, and gives plain JSON
under the documents' own keys with `to_dict()`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import attrs

from gamify_core.clock import iso, moment
from gamify_core.domain.decimals import Amount, exact, plain
from gamify_core.effects import (
    BadgeEarned,
    Effect,
    PointsAwarded,
    PointsDeducted,
    PointsPending,
    PointsReversed,
    Skipped,
    StreakCorrected,
    StreakExtended,
    TierChanged,
    Words,
    decode,
    effect_id,
)
from gamify_core.errors import GamifyError
from gamify_core.ids import id_of
from gamify_core.reasons import Explained
from gamify_core.road.commands import Decided

__all__ = [
    "ActionAnswer",
    "Answer",
    "BadgeAnswer",
    "BatchAnswer",
    "BatchItem",
    "EventAnswer",
    "PointsAnswer",
    "StreakAnswer",
    "TierAnswer",
    "TierUpgrade",
    "TransferAnswer",
]


@attrs.frozen
class TierUpgrade:
    """The rung that was reached, and the one that was left."""

    ladder: str
    code: str
    name: str
    level: int
    previous_code: str | None
    previous_level: int | None

    def to_dict(self) -> dict[str, object]:
        """Return the document's `tier_upgrade`."""
        return {
            "code": self.code,
            "name": self.name,
            "level": self.level,
            "previous_code": self.previous_code,
            "previous_level": self.previous_level,
        }


class Answer:
    """What a command did."""

    __slots__ = ("_decided",)

    def __init__(self, decided: Decided) -> None:
        """Read from what was decided."""
        self._decided = decided

    @property
    def participant_id(self) -> str:
        """Whom the command was about."""
        return self._decided.participant_id

    @property
    def activity_id(self) -> int:
        """The number of the activity row, unique and increasing; all other ids derive from it.

        A command that found nothing to do writes none. It has the number of the one that left things as it wanted them,
        where that is known, and else 0.
        """
        return self._decided.seq

    @property
    def recorded_at(self) -> datetime:
        """When it was written, in UTC."""
        return moment(self._decided.recorded_at)

    @property
    def occurred_at(self) -> datetime:
        """When it happened, in UTC."""
        return moment(self._decided.occurred_at)

    @property
    def replayed(self) -> bool:
        """Whether this is the first answer again, under the same idempotency key, and nothing was written."""
        return self._decided.replayed

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Everything that happened, in order."""
        return tuple(self._read())

    def _read(self) -> Iterator[Effect]:
        one = self._decided
        for ordinal, words in enumerate(one.outcome):
            if words[0] != "=":
                yield decode(words, one.people, one.catalog, one.seq, ordinal, one.occurred_at)

    def _said(self) -> Words:
        """Return the words that answer the command itself, where it has some."""
        return next(words for words in self._decided.outcome if words[0] == "=")

    def _shown(self, value: str | int | None, currency: str) -> Amount:
        """Return a number of a currency's smallest unit, as outcomes have them, as people know it."""
        return exact(int(value or 0), self._decided.catalog.scale(currency))

    @property
    def points(self) -> int:
        """By how much the participant's balance of `points` changed in all."""
        mine = [effect for effect in self.effects if effect.participant_id == self.participant_id]
        gained = sum(
            int(e.amount)
            for e in mine
            if isinstance(e, PointsAwarded | PointsReversed) and e.currency == "points"
        )
        return gained - sum(
            int(e.amount) for e in mine if isinstance(e, PointsDeducted) and e.currency == "points"
        )

    @property
    def badges(self) -> tuple[BadgeEarned, ...]:
        """The badges that were earned."""
        return tuple(effect for effect in self.effects if isinstance(effect, BadgeEarned))

    @property
    def tier_upgrade(self) -> TierUpgrade | None:
        """The highest rung that was reached on the first ladder that moved up, or None."""
        changes = [effect for effect in self.effects if isinstance(effect, TierChanged) and effect.up]
        if not changes:
            return None
        first = changes[0]
        last = [change for change in changes if change.ladder == first.ladder][-1]
        return TierUpgrade(
            last.ladder,
            last.code or "",
            last.name or "",
            last.level,
            first.previous_code,
            first.previous_level if first.previous_code is not None else None,
        )

    @property
    def streaks(self) -> tuple[StreakExtended, ...]:
        """The streaks that were extended."""
        return tuple(effect for effect in self.effects if isinstance(effect, StreakExtended))

    @property
    def corrections(self) -> tuple[StreakCorrected, ...]:
        """What a late activity put right."""
        return tuple(effect for effect in self.effects if isinstance(effect, StreakCorrected))

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What rules meant to do and could not."""
        return tuple(effect for effect in self.effects if isinstance(effect, Skipped))

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "participant_id": self.participant_id,
            "recorded_at": iso(self._decided.recorded_at),
            "effects": [effect.to_dict() for effect in self.effects],
        }

    def __eq__(self, other: object) -> bool:
        """Answers are equal when the same was done to the same people; ids and instants are left out."""
        if not isinstance(other, Answer) or type(self) is not type(other):
            return NotImplemented
        return (self.participant_id, self._told(), self.effects) == (
            other.participant_id,
            other._told(),
            other.effects,
        )

    def __hash__(self) -> int:
        """Return a hash that equal answers share."""
        return hash((self.participant_id, self.effects))

    def _told(self) -> tuple[object, ...]:
        """Return what was asked and answered beside the effects, without numbers of rows and instants."""
        said = [word for words in self._decided.outcome if words[0] == "=" for word in words[2:]]
        return self._decided.kind, *said

    def __repr__(self) -> str:
        """Return the class, the participant and what happened, in brackets."""
        return f"<{type(self).__name__} {self.participant_id} {[effect.tag for effect in self.effects]}>"

    def _title(self) -> str:
        return self._decided.kind

    def __str__(self) -> str:
        """Return a line for the command and one for each effect."""
        from gamify_core.printing import lines_of  # noqa: PLC0415 - most answers are never printed

        about = f"{self.participant_id} · " if self.participant_id else ""
        title = f"{about}{self._title()}" + (" (replayed)" if self.replayed else "")
        return "\n".join([title, *lines_of(self._read(), self._decided.catalog, self.participant_id)])


class PointsAnswer(Answer):
    """An award or a deduction."""

    __slots__ = ()

    @property
    def _movement(self) -> Words:
        return self._decided.outcome[0]

    @property
    def transaction_id(self) -> str:
        """The id of the movement."""
        return effect_id("points_", self._decided.seq, 0)

    @property
    def amount(self) -> Amount:
        """How many points were moved, multipliers included: a `Decimal` where the currency has a `scale`."""
        return self._shown(self._movement[3], self.currency)

    @property
    def base_amount(self) -> Amount:
        """How many were asked for, before multipliers made `amount` of them."""
        multiplied = len(self._movement) > 7 and self._movement[0] != PointsPending.tag  # noqa: PLR2004
        return self._shown(self._movement[7], self.currency) if multiplied else self.amount

    @property
    def currency(self) -> str:
        """Of which currency."""
        return str(self._movement[4])

    @property
    def new_balance(self) -> Amount:
        """The balance after everything the command did; what is pending is not in it."""
        mine = [
            e
            for e in self.effects
            if isinstance(e, PointsAwarded | PointsDeducted | PointsReversed | PointsPending)
            and e.currency == self.currency
            and e.participant_id == self.participant_id
        ]
        return mine[-1].balance

    @property
    def matures_at(self) -> datetime | None:
        """From when on the points count; None where they do already."""
        return moment(int(self._movement[6] or 0)) if self._movement[0] == PointsPending.tag else None

    def to_dict(self) -> dict[str, object]:
        """Return the document's answer to an award or a deduction."""
        upgrade = self.tier_upgrade
        body: dict[str, object] = {
            "transaction_id": self.transaction_id,
            "participant_id": self.participant_id,
            "amount": plain(self.amount),
            "new_balance": plain(self.new_balance),
        }
        if self._decided.kind == "points.award":
            body["tier_upgrade"] = upgrade.to_dict() if upgrade else None
        return body


class TransferAnswer(Answer):
    """A transfer of points between two participants."""

    __slots__ = ()

    @property
    def transaction_id(self) -> str:
        """The id of the sender's movement."""
        return effect_id("points_", self._decided.seq, 0)

    @property
    def amount(self) -> Amount:
        """How many points were moved."""
        return self._of(0, 3)

    @property
    def sender_balance(self) -> Amount:
        """What the sender has left."""
        return self._of(0, 5)

    def _of(self, movement: int, place: int) -> Amount:
        words = self._decided.outcome[movement]
        return self._shown(words[place], str(words[4]))

    @property
    def recipient_id(self) -> str:
        """Who received."""
        return self._decided.people[int(self._decided.outcome[1][1] or 0)]

    @property
    def recipient_balance(self) -> Amount:
        """What the recipient has now."""
        return self._of(1, 5)

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "transaction_id": self.transaction_id,
            "participant_id": self.participant_id,
            "recipient_id": self.recipient_id,
            "amount": plain(self.amount),
            "new_balance": plain(self.sender_balance),
            "recipient_balance": plain(self.recipient_balance),
        }


class EventAnswer(Answer):
    """An event and everything it brought about; `why` is None unless it was asked for with `explain=True`."""

    __slots__ = ("why",)

    def __init__(self, decided: Decided, why: Explained | None = None) -> None:
        """Read from what was decided."""
        super().__init__(decided)
        self.why: Explained | None = why

    @property
    def event_id(self) -> str:
        """The id of the event."""
        return f"evt_{self._decided.seq}"

    @property
    def fact_id(self) -> str:
        """The id of the activity that recorded it."""
        return f"fact_{self._decided.seq}"

    @property
    def status(self) -> str:
        """Always `processed`: events are processed before they are answered."""
        return "processed"

    @property
    def event_name(self) -> str:
        """The name of the event."""
        return str(self._said()[2])

    def _title(self) -> str:
        return self.event_name

    def to_dict(self) -> dict[str, object]:
        """Return the document's answer to an event, and the effects."""
        return {
            "event_id": self.event_id,
            "fact_id": self.fact_id,
            "status": self.status,
            "effects": [effect.to_dict() for effect in self.effects],
        }


class BadgeAnswer(Answer):
    """A badge that was awarded, or was held already."""

    __slots__ = ()

    @property
    def badge_code(self) -> str:
        """The badge."""
        return str(self._said()[2])

    @property
    def already_earned(self) -> bool:
        """Whether it was held before, so that nothing was written."""
        return bool(self._said()[3])

    @property
    def earned_at(self) -> datetime:
        """When it was earned, in UTC."""
        return moment(int(self._said()[4] or 0))

    def _told(self) -> tuple[object, ...]:
        return self.badge_code, self.already_earned

    def to_dict(self) -> dict[str, object]:
        """Return the document's answer to a badge award."""
        badge = self._decided.catalog.badge(self.badge_code)
        return {
            "participant_id": self.participant_id,
            "badge_code": badge.code,
            "badge_name": badge.name,
            "icon": badge.icon_url or badge.icon,
            "rarity": badge.rarity,
            "earned_at": iso(int(self._said()[4] or 0)),
            "already_earned": self.already_earned,
        }


class ActionAnswer(Answer):
    """Something done between people, in the words of the documents' social action."""

    __slots__ = ()

    @property
    def action_id(self) -> str:
        """The id of the action."""
        return id_of("act", self._decided.seq)

    @property
    def status(self) -> str:
        """Always `completed`: an action is done before it is answered."""
        return "completed"


class TierAnswer(Answer):
    """A rung that was assigned by hand, or cleared."""

    __slots__ = ()

    @property
    def tier_code(self) -> str | None:
        """The rung the participant stands on now."""
        code = self._said()[2]
        return str(code) if code is not None else None

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {"participant_id": self.participant_id, "tier_code": self.tier_code}


class StreakAnswer(Answer):
    """An activity of a streak."""

    __slots__ = ()

    @property
    def streak_code(self) -> str:
        """The streak."""
        return str(self._said()[2])

    @property
    def new_count(self) -> int:
        """The run after it."""
        return int(self._said()[3] or 0)

    @property
    def longest_count(self) -> int:
        """The longest run after it."""
        return int(self._said()[4] or 0)

    @property
    def is_new_record(self) -> bool:
        """Whether the longest run grew."""
        return bool(self._said()[5])

    @property
    def already_recorded(self) -> bool:
        """Whether the period was complete before, so that the count stayed."""
        return bool(self._said()[6])

    def to_dict(self) -> dict[str, object]:
        """Return the document's answer to a recording."""
        return {
            "streak_code": self.streak_code,
            "new_count": self.new_count,
            "longest_count": self.longest_count,
            "is_new_record": self.is_new_record,
            "already_recorded": self.already_recorded,
        }


@attrs.frozen
class BatchItem:
    """One item of a batch: its answer, or the error it was refused with."""

    participant_id: str
    answer: Answer | None
    error: GamifyError | None
    kind: type[Answer] = attrs.field(default=PointsAnswer, repr=False)

    def to_dict(self) -> dict[str, object]:
        """Return the document's result of one award of a batch, or the same for an event."""
        body: dict[str, object] = {"participant_id": self.participant_id}
        match self.answer:
            case EventAnswer() as event:
                body |= {"event_id": event.event_id, "fact_id": event.fact_id, "status": event.status}
            case PointsAnswer() as points:
                body |= {"transaction_id": points.transaction_id, "new_balance": plain(points.new_balance)}
            case Answer() as other:
                body |= other.to_dict()
            case _ if self.kind is EventAnswer:
                body |= {"event_id": None, "fact_id": None, "status": "failed"}
            case _ if self.kind is PointsAnswer:
                body |= {"transaction_id": None, "new_balance": None}
        return {**body, "error": self.error.detail if self.error else None}


@attrs.frozen
class BatchAnswer:
    """A batch: each item on its own, one commit. `replayed` says that nothing in it was new."""

    results: tuple[BatchItem, ...]
    replayed: bool = False

    @property
    def processed(self) -> int:
        """How many items were carried out."""
        return sum(item.error is None for item in self.results)

    @property
    def failed(self) -> int:
        """How many items were refused."""
        return len(self.results) - self.processed

    def to_dict(self) -> dict[str, object]:
        """Return the document's answer to a batch."""
        return {
            "processed": self.processed,
            "failed": self.failed,
            "results": [item.to_dict() for item in self.results],
        }

    def __iter__(self) -> Iterator[BatchItem]:
        """Go through the items in the order they were passed."""
        return iter(self.results)

    def __len__(self) -> int:
        """Return how many items there were."""
        return len(self.results)
