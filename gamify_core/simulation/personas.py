"""Kinds of participants, as plain values: how often they come, what they do, how long they stay."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import attrs

__all__ = ["PICKS", "Giveaway", "Mix", "Persona", "day_of", "hours_of", "survival"]

Pick = Literal["cheapest", "dearest", "random"]
PICKS: Final = ("cheapest", "dearest", "random")
_HOURS: Final = 24


@attrs.frozen
class Mix:
    """How likely an event is, beside the others of its persona, and what its properties are drawn from.

    A property is a constant; a list, each item as likely; `{"uniform": [0, 100]}`; `{"normal": [mean, deviation]}`;
    `{"log_normal": [median, sigma]}`; `{"chance": 0.2}` (true or false); `{"weights": {"easy": 3, "hard": 1}}`. The
    drawn ones take `min`, `max` and `digits` (of decimals; 0 makes whole numbers, and is what they are by default).
    """

    weight: float = 1.0
    properties: Mapping[str, object] = attrs.field(factory=dict)


@attrs.frozen
class Persona:
    """A kind of participant.

    `share` is how many of all are such, beside the other personas' shares. Once arrived they are active on a day with
    the chance `activity`, and then send `events_per_day` events on average, one at least, drawn from `events` (none
    given: all that the catalog knows, with properties that suit its conditions), at the `hours` they keep: 24 weights,
    or text such as `"18-23"`, on the clock of `timezone` (one zone, or weights by zone; None: the catalog's).

    How long they stay: `retention` is the share that has not left for good by a day after arriving, as a table
    (`{1: 0.6, 7: 0.4, 30: 0.2}`, straight between its days), a power law (`{"power": [0.6, -0.4]}`: 0.6 × day^−0.4), or
    pieces of them (`{1: 0.6, 7: {"power": [0.8, -0.5]}}`: from day 7 on the power law). Whoever stays also leaves on
    any day with the chance `churn`.

    On an active day they claim a reward that they can pay for with the chance `spends` (which: `picks`), and trade
    with the chance `trades`: a copy they own against `price` points, or points against a copy of somebody else's. With
    the chance `redeems` they redeem a gift of the scenario that is on offer, with the chance `sends` they send somebody
    about `price` points.

    >>> Persona("keen", activity=0.9, retention={1: 0.8, 30: 0.5}).share
    1.0
    """

    code: str
    share: float = 1.0
    activity: float = 0.5
    events_per_day: float = 1.0
    events: Mapping[str, Mix] = attrs.field(factory=dict)
    retention: Mapping[int | str, object] | None = None
    churn: float = 0.0
    hours: tuple[float, ...] | str | None = None
    timezone: str | Mapping[str, float] | None = None
    spends: float = 0.0
    picks: Pick = "random"
    trades: float = 0.0
    price: float = 10.0
    redeems: float = 0.0
    sends: float = 0.0


@attrs.frozen
class Giveaway:
    """A gift that everybody may redeem once: so many points, and a badge of the catalog, if one is named.

    It is on offer from the day `day` of the season (counted from 1) for `lasts` days, or to the end.

    >>> Giveaway("spring", 50, day=10, lasts=7).on_offer(9)
    True
    """

    code: str
    reward: int = 0
    day: int = 1
    lasts: int | None = None
    badge: str | None = None
    currency: str = "points"

    def on_offer(self, place: int) -> bool:
        """Say whether it can be redeemed on a day, counted from 0."""
        first = self.day - 1
        return first <= place and (self.lasts is None or place < first + self.lasts)


def hours_of(value: object) -> tuple[float, ...] | None:
    """Return 24 weights, or None for what is no time of day."""
    if isinstance(value, tuple | list):
        good = len(value) == _HOURS and all(
            isinstance(each, int | float) and 0 <= each < math.inf for each in value
        )
        return tuple(float(each) for each in value) if good and any(value) else None
    if not isinstance(value, str):
        return None
    first, dash, last = value.partition("-")
    if not (dash and first.isdecimal() and last.isdecimal() and int(first) < _HOURS and int(last) < _HOURS):
        return None
    span = (int(last) - int(first)) % _HOURS + 1
    kept = {(int(first) + step) % _HOURS for step in range(span)}
    return tuple(1.0 if hour in kept else 0.0 for hour in range(_HOURS))


def survival(persona: Persona) -> Callable[[int], float]:
    """Return the share of a persona that has not left for good by each day after arriving."""
    stays = 1 - persona.churn
    if persona.retention is None:
        return lambda age: stays**age
    pieces = sorted(
        [
            (1, {"power": piece}) if key == "power" else (day_of(key) or 0, piece)
            for key, piece in persona.retention.items()
        ],
        key=lambda pair: pair[0],
    )

    def share(age: int) -> float:
        before: tuple[int, float] = (0, 1.0)
        after: tuple[int, float] | None = None
        law: Any = None
        for day, piece in pieces:
            if day > age:
                after = (day, _at(piece, day))
                break
            before, law = (day, _at(piece, day)), piece
        if isinstance(law, Mapping):
            kept = _at(law, age)
        elif after is None:
            kept = before[1]
        else:
            kept = before[1] + (after[1] - before[1]) * (age - before[0]) / (after[0] - before[0])
        return max(0.0, min(1.0, kept)) * stays**age

    return share


def _at(piece: Any, age: int) -> float:
    if isinstance(piece, Mapping):
        scale, power = piece["power"]
        return float(scale * max(age, 1) ** power)
    return float(piece)


def day_of(key: object) -> int | None:
    """Return the day after arriving that a key of a retention table means, or None."""
    if isinstance(key, int) and not isinstance(key, bool) and key >= 0:
        return key
    return int(key) if isinstance(key, str) and key.isdecimal() and len(key) < 8 else None  # noqa: PLR2004 - a day
