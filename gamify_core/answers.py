"""What commands answer: small read-only views of what was decided.

An answer reads the words of the outcome when asked, so a live call and its replay under the same idempotency key answer
alike, and a caller who looks at nothing pays for nothing. Every answer has `effects`, the shortcuts `points`, `badges`,
`tier_upgrade`, `streaks`, `corrections` and `skipped`, prints as a person would want to read it, and gives plain JSON
under the documents' own keys with `to_dict()`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar

import attrs

from gamify_core.clock import iso, moment
from gamify_core.domain.decimals import Amount, exact
from gamify_core.effects import (
    BadgeEarned,
    Effect,
    PointsAwarded,
    PointsDeducted,
    PointsMerged,
    PointsReversed,
    Skipped,
    StreakCorrected,
    StreakExtended,
    TierChanged,
    Words,
    decode,
)
from gamify_core.errors import GamifyError
from gamify_core.ids import id_of
from gamify_core.road.commands import Decided

__all__ = [
    "ActionAnswer",
    "Answer",
    "BatchAnswer",
    "BatchItem",
    "TierUpgrade",
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

    _unlisted: ClassVar[Mapping[str, object]] = {}
    """What a batch lists in the place of an answer where there is none."""

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
            if isinstance(e, PointsAwarded | PointsReversed | PointsMerged) and e.currency == "points"
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

    def _listed(self) -> Mapping[str, object]:
        """Return what a batch lists of it."""
        return self.to_dict()

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


@attrs.frozen
class BatchItem:
    """One item of a batch: its answer, or the error it was refused with."""

    participant_id: str
    answer: Answer | None
    error: GamifyError | None
    kind: type[Answer] = attrs.field(default=Answer, repr=False)

    def __str__(self) -> str:
        """Return what the answer says, or why it was refused."""
        return f"{self.participant_id}: {self.error}" if self.answer is None else str(self.answer)

    def to_dict(self) -> dict[str, object]:
        """Return the document's result of one award of a batch, or the same for an event."""
        answer, kind = self.answer, self.kind
        told = answer._listed() if answer is not None else kind._unlisted  # noqa: SLF001 - of one room
        error = self.error.detail if self.error else None
        return {"participant_id": self.participant_id, **told, "error": error}


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

    def __str__(self) -> str:
        """Return what came of each item, one after the other."""
        return "\n".join(map(str, self.results))

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
