"""What a rule makes of one event by itself: a pure function of the rule and what it may read.

Promise: conditions and amounts are worked out by the very functions that the engine uses. What only a history knows is
left out of it: caps, cooldowns, stock, balances, and badges that are held already.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import attrs

from gamify_core.domain.condition_explanations import Failed
from gamify_core.domain.conditions import Facts, compile_condition
from gamify_core.domain.decimals import FINEST, Amount, exact, one, worth
from gamify_core.domain.luck import stream
from gamify_core.domain.python_conditions import raised, said_no
from gamify_core.errors import BadValue, ConditionError, GamifyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gamify_core.catalog.definitions import Rule

__all__ = ["Decision", "decide"]

_MOST: Final = 2**53 - 1
_NOTHING: Final[Mapping[str, Amount]] = MappingProxyType({})


@attrs.frozen
class Decision:
    """Whether a rule fires, and what it then does; if not, the tests that were false and the values they saw.

    `award` and `deduct` are amounts by currency, the others codes. `reason` is a sentence, empty where all is well.
    """

    rule: str
    fires: bool
    reason: str = ""
    failed: tuple[Failed, ...] = ()
    award: Mapping[str, Amount] = _NOTHING
    deduct: Mapping[str, Amount] = _NOTHING
    streak: tuple[str, ...] = ()
    badge: tuple[str, ...] = ()
    mint: tuple[str, ...] = ()
    reward: tuple[str, ...] = ()
    advance: tuple[str, ...] = ()

    @property
    def points(self) -> Amount:
        """What the balance of `points` gains, or loses."""
        return self.award.get("points", 0) - self.deduct.get("points", 0)

    def __bool__(self) -> bool:
        """Return whether the rule fires."""
        return self.fires

    def __str__(self) -> str:
        """Return `lesson: yes, +19 points` or `lesson: no, score >= 60 is false (score = 41)`."""
        parts = [worth(amount, currency, "+") for currency, amount in self.award.items()]
        parts += [worth(amount, currency, "−") for currency, amount in self.deduct.items()]
        for word in ("streak", "badge", "mint", "reward", "advance"):
            parts += [f"{word} {code}" for code in getattr(self, word)]
        told = ["yes" if self.fires else "no", *parts, *([self.reason] if self.reason else [])]
        return f"{self.rule}: {', '.join(told)}"


def decide(  # noqa: PLR0913 - what a rule may read
    rule: Rule,
    properties: Mapping[str, object],
    metrics: Mapping[str, Amount],
    participant: Mapping[str, object],
    at: datetime | None,
    seed: int | None,
    scales: Mapping[str, int],
) -> Decision:
    """Return what a rule makes of an event. Raises `BadValue` where it reads something that was not given."""
    if at is not None and at.utcoffset() is None:
        detail = f"at has no time zone: {at.isoformat()}"
        raise BadValue("at", at, detail, hint="such as datetime.fromisoformat('2026-03-02T09:00+01:00')")
    if at is not None and _out_of_season(rule, at):
        return Decision(rule.code, fires=False, reason="it is out of season")

    def facts() -> Facts:
        return _facts(rule.code, properties, metrics, participant, at, seed)

    if callable(rule.when):
        no = _asked(rule, rule.when, properties)
        return no if no is not None else _fired(rule, facts(), scales)
    if rule.when is not None:
        when = compile_condition(rule.when)
        try:
            if not when.holds(facts()):
                explanation = when.explain(facts())
                return Decision(rule.code, fires=False, reason=str(explanation), failed=explanation.failed)
        except ConditionError as error:
            return Decision(rule.code, fires=False, reason=str(error))
    return _fired(rule, facts(), scales)


def _asked(
    rule: Rule, decide: Callable[[Mapping[str, object]], object], properties: Mapping[str, object]
) -> Decision | None:
    """Return why a condition in Python does not let the rule fire; None where it does."""
    try:
        if decide(properties):
            return None
    except GamifyError:  # what stands for a function that is not here refuses
        raise
    except Exception as error:  # noqa: BLE001 - whatever the application's code raises, as where events are decided
        return Decision(rule.code, fires=False, reason=raised(decide, error))
    no = said_no(decide, properties)
    return Decision(rule.code, fires=False, reason=str(no), failed=(no,))


def _fired(rule: Rule, facts: Facts, scales: Mapping[str, int]) -> Decision:
    reasons: list[str] = []
    award, deduct = (_amounts(rule, pairs, facts, reasons, scales) for pairs in (rule.award, rule.deduct))
    others = rule.streak, rule.badge, rule.mint, rule.reward, rule.advance
    fires = bool(award or deduct or any(others))
    if not fires and not reasons:
        reasons.append("it has nothing to give")
    return Decision(rule.code, fires, "; ".join(reasons), (), award, deduct, *others)


def _amounts(
    rule: Rule,
    pairs: Iterable[tuple[str, int | str]],
    facts: Facts,
    reasons: list[str],
    scales: Mapping[str, int],
) -> Mapping[str, Amount]:
    found: dict[str, Amount] = {}
    for currency, amount in pairs:
        scale = scales.get(currency, 0)
        if type(scale) is not int or not 0 <= scale <= FINEST:
            detail = f"scales of {currency} is {scale!r}, not how many decimals it has"
            raise BadValue("scales", scale, detail, hint=f'a whole number from 0 to {FINEST}: {{"usd": 2}}')
        try:
            if isinstance(amount, int):
                value = amount * one(scale)
            else:  # exact in the smallest unit, or rounded to it
                text = f"({amount}) * {one(scale)}" if scale else amount
                value = compile_condition(text).amount(facts, rule.rounding)
        except ConditionError as error:
            reasons.append(str(error))
            continue
        if not 0 <= value <= _MOST:
            reasons.append(f"{exact(value, scale)} is not an amount from 1 to 2^53-1")
        elif value:
            found[currency] = found.get(currency, 0) + exact(value, scale)
    return MappingProxyType(found)


def _out_of_season(rule: Rule, at: datetime) -> bool:
    return (rule.starts is not None and at < rule.starts) or (rule.ends is not None and at >= rule.ends)


def _facts(  # noqa: PLR0913 - as `decide`
    code: str,
    properties: Mapping[str, object],
    metrics: Mapping[str, Amount],
    participant: Mapping[str, object],
    at: datetime | None,
    seed: int | None,
) -> Facts:
    def metric(name: str) -> Amount:
        if name not in metrics:
            detail = f'the rule {code} reads metric("{name}"), which was not given'
            raise BadValue("metrics", name, detail, hint=f'decide(…, metrics={{"{name}": 3}})')
        return metrics[name]

    def local() -> datetime:
        if at is None:
            detail = f"the rule {code} reads the local time, which was not given"
            raise BadValue("at", at, detail, hint="decide(…, at=…), an aware datetime")
        return at

    def luckless() -> int:
        detail = f"the rule {code} draws luck, and no seed was given"
        raise BadValue("seed", seed, detail, hint="decide(…, seed=1)")

    draw: Callable[[], int] = luckless if seed is None else stream(seed, 0, code)
    return Facts(properties, participant, metric, local, draw)
