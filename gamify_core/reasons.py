"""Why an event came out as it did: as data, and in the sentences a person would say.

These are plain values: `services.explaining` fills them while an event is decided, `answers` hands them on, and the
messages of `gamify_core.testing` end with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import attrs

from gamify_core.domain.decimals import Amount, plain
from gamify_core.effects import Effect

__all__ = [
    "Bound",
    "Explained",
    "FailedPredicate",
    "Need",
    "Reach",
    "RuleVerdict",
    "Threshold",
    "ThresholdVerdict",
]

Threshold = Literal["badge", "challenge", "tier"]


@attrs.frozen
class FailedPredicate:
    """A part of a condition that was false, and the values it saw (None where one was missing).

    Among the values is what it drew, by the text of the call: `{"chance(0.1)": Decimal("0.734105")}`. Of a condition in
    Python `source` is the name of the function, and the values are the properties of the event.
    """

    source: str
    values: Mapping[str, object]

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON; numbers that JSON does not have as text."""
        plain = {name: value if _is_json(value) else str(value) for name, value in self.values.items()}
        return {"source": self.source, "values": plain}


@attrs.frozen
class Bound:
    """What stood against a part of a rule: a cap, a limit, a stock, a cooldown, a balance.

    `effect` is the part (`award`, `badge`, … or `rule` for all of it), `code` that of a `Skipped`, `values` the numbers
    by name: `{"cap": 300, "per": "daily", "left": 5}`.
    """

    effect: str
    code: str
    message: str
    values: Mapping[str, int | str]

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "effect": self.effect,
            "code": self.code,
            "message": self.message,
            "values": dict(self.values),
        }


@attrs.frozen
class RuleVerdict:
    """What became of one rule. `reason` is a sentence; empty where the rule simply fires.

    A rule that fires may have a reason too: what it leaves out, such as the part of an award over its cap.
    """

    rule: str
    fires: bool
    reason: str
    failed: tuple[FailedPredicate, ...] = ()
    bounds: tuple[Bound, ...] = ()

    def __str__(self) -> str:
        """Return `lesson: no, score >= 60 is false (score = 41)`."""
        return f"{self.rule}: {'yes' if self.fires else 'no'}" + (f", {self.reason}" if self.reason else "")

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "rule": self.rule,
            "fires": self.fires,
            "reason": self.reason,
            "failed": [one.to_dict() for one in self.failed],
            "bounds": [one.to_dict() for one in self.bounds],
        }


@attrs.frozen
class Need:
    """One metric, the least value that is enough, and the value as it stands."""

    metric: str
    minimum: Amount
    value: Amount

    @property
    def missing(self) -> Amount:
        """By how much it falls short; 0 where it does not."""
        return max(self.minimum - self.value, 0)

    def __str__(self) -> str:
        """Return `topics 1 of 5`."""
        return f"{self.metric} {self.value:,} of {self.minimum:,}"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {name: plain(value) for name, value in {**attrs.asdict(self), "missing": self.missing}.items()}


@attrs.frozen
class Reach(Need):
    """A need as an event leaves it, and what the metric was `before` that."""

    before: Amount


@attrs.frozen
class ThresholdVerdict:
    """A badge, a rung of a ladder or a challenge that the event has come nearer to: reached, or not yet.

    `reaches` are all its thresholds as they stand now; `missing` those that are still to be met on the shortest way.
    `reason` says what stands against one whose thresholds are met.
    """

    kind: Threshold
    code: str
    name: str
    reached: bool
    reaches: tuple[Reach, ...] = ()
    missing: tuple[Reach, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        """Return `badge explorer: not yet, topics 1 of 5`."""
        told = ", ".join(map(str, (() if self.reached else self.missing) or self.reaches))
        parts = ["reached" if self.reached else "not yet", *([told] if told else [])]
        return f"{self.kind} {self.code}: {', '.join([*parts, *([self.reason] if self.reason else [])])}"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "kind": self.kind,
            "code": self.code,
            "name": self.name,
            "reached": self.reached,
            "reaches": [one.to_dict() for one in self.reaches],
            "missing": [one.to_dict() for one in self.missing],
            "reason": self.reason,
        }


@attrs.frozen
class Explained:
    """What became of an event: every rule that listens to it, streaks that record it themselves, and thresholds.

    `streaks` has those that do not take the event by their own condition. `thresholds` are those that the event has
    come nearer to, or reached; `effects` are all that it brought about. `hints` are names that may be misspelt: a
    property that nothing reads, and that resembles one which did not come. `as_recorded` tells that an event of the
    past was explained from what was recorded of it: which thresholds it did not reach is not, nor are values that it
    read of metrics.
    """

    participant_id: str
    event_name: str
    rules: tuple[RuleVerdict, ...]
    streaks: tuple[RuleVerdict, ...] = ()
    thresholds: tuple[ThresholdVerdict, ...] = ()
    effects: tuple[Effect, ...] = ()
    as_recorded: bool = False
    hints: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return a line for each rule, then for each streak and threshold, and for what may be misspelt."""
        told = [f"streak {streak}" for streak in self.streaks] + list(map(str, self.thresholds))
        rules = list(map(str, self.rules)) or [f"no rule listens to {self.event_name}"]
        return "\n".join([*rules, *told, *self.hints])

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "participant_id": self.participant_id,
            "event_name": self.event_name,
            "rules": [one.to_dict() for one in self.rules],
            "streaks": [one.to_dict() for one in self.streaks],
            "thresholds": [one.to_dict() for one in self.thresholds],
            "effects": [effect.to_dict() for effect in self.effects],
            "as_recorded": self.as_recorded,
            "hints": list(self.hints),
        }


def _is_json(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str | list | dict)
