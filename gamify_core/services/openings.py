"""What somebody comes with from an application that was there before, checked, and the answer to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

import attrs

from gamify_core import border
from gamify_core.answers import Answer
from gamify_core.clock import instant_of, iso, moment, offset_of
from gamify_core.domain.decimals import FINEST, Amount, exact, kept, plain
from gamify_core.errors import BadValue, in_words
from gamify_core.road.commands import Ask
from gamify_core.road.opening import KIND, Come, Held, Run, open_up
from gamify_core.services.asking import request_of

if TYPE_CHECKING:
    from gamify_core.border import Json
    from gamify_core.effects import Words
    from gamify_core.road.turn import Turn

__all__ = ["Opening", "OpeningAnswer", "OpeningBalance", "ask_of"]

_LONGEST = 10**6
"""As long as a run may be that somebody comes with."""


@attrs.frozen
class OpeningBalance:
    """What a wallet begins with.

    `earned` is all that ever came in (by default the balance), `spent` what of it was spent (by default the
    difference). `lots` are parts of the balance that lapse, as (amount, instant); the rest does not.
    """

    balance: Amount | str
    earned: Amount | str | None = None
    spent: Amount | str | None = None
    lots: Iterable[tuple[Amount | str, datetime]] = ()


@attrs.frozen
class Opening:
    """One person of a batch, with what `participants.opening` takes."""

    participant_id: str
    balances: Mapping[str, Amount | str | OpeningBalance] = attrs.field(factory=dict)
    streaks: Mapping[str, tuple[int, int, datetime]] = attrs.field(factory=dict)
    metrics: Mapping[str, Amount | str | Iterable[str]] = attrs.field(factory=dict)
    badges: Iterable[str] = ()
    tiers: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class OpenedStreak:
    """How a streak stood as it was opened."""

    current: int
    longest: int
    last_recorded_at: datetime


class OpeningAnswer(Answer):
    """Somebody who was opened, and what with. It has no effects: nothing happened."""

    __slots__ = ()

    @property
    def balances(self) -> dict[str, OpeningBalance]:
        """What each wallet began with; lots are told by `points.expiring`."""
        found = {}
        for words in self._part("wallet"):
            code = str(words[3])
            balance, earned, spent = (self._shown(each, code) for each in words[4:7])
            found[code] = OpeningBalance(balance, earned, spent)
        return found

    @property
    def runs(self) -> dict[str, OpenedStreak]:
        """How each streak stood."""
        return {
            str(words[3]): OpenedStreak(int(words[4] or 0), int(words[5] or 0), moment(int(words[6] or 0)))
            for words in self._part("streak")
        }

    @property
    def metrics(self) -> dict[str, Amount]:
        """What declared metrics began with, but for those that count different values."""
        scales = {metric.code: metric.scale for metric in self._decided.catalog.metrics}
        told = [(str(words[3]), int(words[4] or 0)) for words in self._part("metric")]
        return {code: exact(value, scales.get(code, 0)) for code, value in told}

    @property
    def held(self) -> tuple[str, ...]:
        """The codes of the badges that are held."""
        return tuple(str(words[3]) for words in self._part("badge"))

    @property
    def tiers(self) -> dict[str, str]:
        """The rung on each ladder on which the participant stands."""
        return {str(words[3]): str(words[4]) for words in self._part("tier")}

    def _told(self) -> tuple[object, ...]:
        return (str(self._decided.outcome),)

    def _part(self, name: str) -> list[Words]:
        return [words for words in self._decided.outcome if words[0] == "=" and words[2] == name]

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "participant_id": self.participant_id,
            "balances": {
                code: {name: plain(getattr(held, name)) for name in ("balance", "earned", "spent")}
                for code, held in self.balances.items()
            },
            "streaks": {
                code: {
                    "current": run.current,
                    "longest": run.longest,
                    "last_recorded_at": iso(run.last_recorded_at),
                }
                for code, run in self.runs.items()
            },
            "metrics": {code: plain(value) for code, value in self.metrics.items()},
            "badges": list(self.held),
            "tiers": self.tiers,
        }


def ask_of(opening: Opening, at: datetime | None, key: str | None) -> Ask:
    """Return the command that opens somebody. Raises `BadValue`."""
    who = border.participant(opening.participant_id)
    asked: dict[str, Json] = {}
    come = Come(
        _balances(opening.balances, asked),
        _streaks(opening.streaks, asked),
        _metrics(opening.metrics, asked),
        _badges(opening.badges, asked),
        _tiers(opening.tiers, asked),
    )
    request = request_of(at, participant_id=who, **asked)

    def decide(turn: Turn) -> None:
        open_up(turn, come)

    return Ask(KIND, who, request, at, key, decide)


_Value = TypeVar("_Value")


def _named(value: Mapping[str, _Value], field: str) -> list[tuple[str, _Value]]:
    """Return the items of a mapping by codes."""
    if not isinstance(value, Mapping):
        detail = f"{field} must be a mapping by code, not {type(value).__name__}"
        raise BadValue(field, value, detail)
    return [(border.code(code, field), each) for code, each in border.members(value, field)]


def _balances(given: Mapping[str, Amount | str | OpeningBalance], asked: dict[str, Json]) -> dict[str, Held]:
    found: dict[str, Held] = {}
    told: dict[str, Json] = {}
    for code, value in _named(given, "balances"):
        held = value if isinstance(value, OpeningBalance) else OpeningBalance(value)
        field = f"balances[{code!r}]"
        said = border.given(held.balance, code, field, 0)
        earned = border.given(held.earned, code, f"{field}.earned", 0) if held.earned is not None else None
        spent = border.given(held.spent, code, f"{field}.spent", 0) if held.spent is not None else None
        lots = [_lot(lot, code, f"{field}.lots") for lot in border.several(held.lots, f"{field}.lots")]
        balance = _finest(said)
        came = _finest(earned) if earned is not None else balance
        went = _finest(spent) if spent is not None else max(came - balance, 0)
        parts = tuple((_finest(amount), instant_of(at)) for amount, at in lots)
        whole = sum(amount for amount, _ in parts)
        if whole > balance:
            in_all = exact(whole, FINEST)
            in_all = int(in_all) if in_all == int(in_all) else Decimal(f"{in_all:f}".rstrip("0"))
            detail = f"{field} is {Decimal(said):,}, and its lots come to {in_all:,}"
            raise BadValue(f"{field}.lots", in_all, detail)
        found[code] = Held(balance, came, went, parts)
        told[code] = request_of(
            None,
            balance=said,
            earned=earned,
            spent=spent,
            lots=[[amount, border.at(at)] for amount, at in lots] or None,
        )
    _tell(asked, "balances", told)
    return found


def _finest(given: int | str) -> int:
    """Return an amount in the smallest unit that any currency has; which one this has is known to the catalog."""
    return kept(Decimal(given) if isinstance(given, str) else given, FINEST) or 0


def _lot(given: object, currency: str, field: str) -> tuple[int | str, datetime]:
    match given:
        case (amount, datetime() as expires):
            instant_of(expires, field)
            return border.given(amount, currency, field), expires
    detail = f"{field} must be pairs of an amount and the instant at which it lapses, not {in_words(given)}"
    raise BadValue(field, given, detail)


def _streaks(given: Mapping[str, tuple[int, int, datetime]], asked: dict[str, Json]) -> dict[str, Run]:
    found: dict[str, Run] = {}
    told: dict[str, Json] = {}
    for code, run in _named(given, "streaks"):
        field = f"streaks[{code!r}]"
        match run:
            case (first, second, datetime() as last):
                current = border.whole(first, f"{field}.current", 0, _LONGEST)
                longest = border.whole(second, f"{field}.longest", max(current, 1), _LONGEST)
            case _:
                detail = f"{field} must be (current, longest, last_recorded_at), not {in_words(run)}"
                raise BadValue(field, run, detail)
        found[code] = Run(current, longest, instant_of(last, field), offset_of(last))
        told[code] = [current, longest, border.at(last)]
    _tell(asked, "streaks", told)
    return found


def _metrics(
    given: Mapping[str, Amount | str | Iterable[str]], asked: dict[str, Json]
) -> dict[str, Amount | tuple[str, ...]]:
    found: dict[str, Amount | tuple[str, ...]] = {}
    told: dict[str, Json] = {}
    for code, value in _named(given, "metrics"):
        field = f"metrics[{code!r}]"
        if isinstance(value, int | Decimal | str):
            number = found[code] = border.number(value, field)
            told[code] = number if isinstance(number, int) else f"{number:f}"
            continue
        seen = sorted({border.text(each, field) or "" for each in border.several(value, field)})
        found[code], told[code] = tuple(seen), [*seen]
    _tell(asked, "metrics", told)
    return found


def _badges(given: Iterable[str], asked: dict[str, Json]) -> tuple[str, ...]:
    found = sorted({border.code(each, "badges") for each in border.several(given, "badges")})
    if found:
        asked["badges"] = [*found]
    return tuple(found)


def _tiers(given: Mapping[str, str], asked: dict[str, Json]) -> dict[str, str]:
    found = {ladder: border.code(tier, f"tiers[{ladder!r}]") for ladder, tier in _named(given, "tiers")}
    _tell(asked, "tiers", {**found})
    return found


def _tell(asked: dict[str, Json], name: str, told: dict[str, Json]) -> None:
    if told:
        asked[name] = told
