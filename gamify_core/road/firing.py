"""A rule that fires does its parts: award, deduct, streak, badge, mint, reward, advance.

What it cannot do is passed over, each part by itself: the outcome says so where it would have stood, and the verdict
carries it for whoever asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.border import MOST
from gamify_core.domain.conditions import Expression
from gamify_core.domain.decimals import exact, told
from gamify_core.errors import BadValue, ConditionError, InsufficientPoints, RuleFailed, SoldOut, WalletClosed
from gamify_core.road import assets, badges, boosts, challenges, rewards, streaks, wallet
from gamify_core.road.meters import moved, value_in
from gamify_core.road.rules import FIRES, PassedOver, Verdict
from gamify_core.storage.tables.rules import FIRED, FiredRow

if TYPE_CHECKING:
    from gamify_core.catalog import Badge
    from gamify_core.road.rules import Judged
    from gamify_core.road.turn import Turn

__all__ = ["act", "refuse"]

NOTHING = Verdict(fires=False, quiet="it has nothing to give")


def act(turn: Turn, judged: Judged) -> Verdict:
    """Let a rule do what it says, unless something stands against it, and say what came of it."""
    verdict = judged.verdict
    if verdict is not FIRES:
        for passed in verdict.passed:
            _Firing(turn, judged).skip(passed)
        return verdict
    firing = _Firing(turn, judged)
    fired = firing.all_parts()
    if firing.passed or firing.told:
        return Verdict(fired, tuple(firing.passed), "; ".join(firing.told))
    return FIRES if fired else NOTHING


def refuse(judged: Judged, verdict: Verdict) -> None:
    """Refuse the event where a strict rule could not do all that it says."""
    rule = judged.plan.rule
    if rule.strict and verdict.passed:
        raise RuleFailed(rule.code, verdict.passed[0].code, str(verdict.passed[0]))


class _Firing:
    """One rule at work."""

    __slots__ = ("cause", "facts", "passed", "plan", "told", "turn")

    def __init__(self, turn: Turn, judged: Judged) -> None:
        self.turn = turn
        self.plan = judged.plan
        self.facts = judged.facts
        self.cause = judged.plan.cause
        self.passed: list[PassedOver] = []
        self.told: list[str] = []  # what nobody need know, but somebody who asks may want to

    def skip(self, passed: PassedOver) -> None:
        """Pass over something; the outcome keeps its code and numbers, and no free text."""
        self.passed.append(passed)
        self.turn.say("skipped", self.turn.who.number, self.cause, passed.effect, passed.code, *passed.facts)

    def all_parts(self) -> bool:
        """Do all parts in their order, and say whether anything was done."""
        plan = self.plan
        fired = False
        for currency, amount in plan.awards:
            value = amount if isinstance(amount, int) else self._amount(currency, amount, "award")
            fired = (value > 0 and self._award(currency, value)) or fired
        for currency, amount in plan.deducts:
            value = amount if isinstance(amount, int) else self._amount(currency, amount, "deduct")
            fired = (value > 0 and self._deduct(currency, value)) or fired
        if plan.gives:
            fired = self._other_parts() or fired
        if fired and plan.noted:
            self._note()
        return fired

    def _other_parts(self) -> bool:
        """Do what is no movement of points."""
        turn, rule = self.turn, self.plan.rule
        fired = False
        for code in rule.streak:
            streaks.record(turn, turn.who, turn.plan.streaks[code], self.cause)
            fired = True
        for code in rule.badge:
            badge = turn.plan.catalog.badge(code)
            if badge.repeatable or badges.held(turn, turn.who, badge) is None:
                fired = self._earn(badge) or fired
        for code in rule.mint:
            fired = self._mint(turn.plan.catalog.badge(code)) or fired
        for code in rule.reward:
            fired = self._reward(code) or fired
        for code in rule.advance:
            fired = challenges.advance(turn, turn.who, code) or fired
        return fired

    def _amount(self, currency: str, amount: Expression, effect: str) -> int:
        """Return what an amount comes to; 0 is nothing to do, and what is no amount is passed over."""
        try:
            value = amount.amount(self.facts, self.plan.rule.rounding)
        except ConditionError as error:
            self.skip(PassedOver(effect, "expression", why=str(error)))
            return 0
        if not 0 <= value <= MOST:
            self.skip(
                PassedOver(effect, "not_an_amount", (told(value, self.turn.plan.catalog.scale(currency)),))
            )
            return 0
        return value

    def _award(self, currency: str, value: int) -> bool:
        turn, cap = self.turn, self.plan.cap
        try:
            value, base = boosts.boosted(turn, turn.who, currency, value)
        except BadValue:
            self.skip(PassedOver("award", "out_of_range"))
            return False
        if base is not None:
            scale = turn.plan.catalog.scale(currency)
            self.told.append(f"{exact(base, scale):,} {currency} are multiplied to {exact(value, scale):,}")
        if cap is not None and cap.points is not None:
            left = max(cap.points - value_in(turn, turn.who, cap.points_in), 0)
            if value > left:
                self.skip(
                    PassedOver("award", "cap", (told(cap.points, cap.scale), cap.per, told(left, cap.scale)))
                )
                value = left
                if base is not None and base >= left:  # of what the multiplier added, nothing is left
                    base = None
            if value == 0:
                return False
        try:
            terms = self.plan.terms
            if terms is not None:
                terms = turn.plan.terms(currency, *terms)
            wallet.award(turn, turn.who, currency, value, self.cause, base, terms)
        except (BadValue, WalletClosed) as error:  # a wallet that is full to 64 bits, or shut
            code = "account_closed" if isinstance(error, WalletClosed) else "out_of_range"
            self.skip(PassedOver("award", code))
            return False
        if cap is not None and cap.points is not None:
            moved(turn, turn.who, cap.points_plan, None, value, value)
        return True

    def _deduct(self, currency: str, value: int) -> bool:
        turn = self.turn
        try:
            wallet.deduct(turn, turn.who, currency, value, self.cause)
        except InsufficientPoints as error:
            numbers = error.available, error.requested
            facts = tuple([each if isinstance(each, int) else format(each, "f") for each in numbers])
            self.skip(PassedOver("deduct", "insufficient_points", facts))
            return False
        except WalletClosed:
            self.skip(PassedOver("deduct", "account_closed"))
            return False
        return True

    def _earn(self, badge: Badge) -> bool:
        try:
            badges.earn(self.turn, self.turn.who, badge, self.cause, refuse=True)
        except SoldOut as error:
            self.skip(PassedOver("badge", "sold_out", (badge.code, error.max_supply)))
            return False
        return True

    def _mint(self, badge: Badge) -> bool:
        try:
            assets.mint(self.turn, self.turn.who, badge, self.cause)
        except SoldOut as error:
            self.skip(PassedOver("mint", "sold_out", (badge.code, error.max_supply)))
            return False
        return True

    def _reward(self, code: str) -> bool:
        turn = self.turn
        try:
            rewards.give(turn, turn.who, turn.plan.catalog.reward(code), self.cause)
        except rewards.REFUSALS as error:
            self.skip(PassedOver("reward", error.code, (code,)))
            return False
        return True

    def _note(self) -> None:
        """Remember that the rule fired, for its bounds ask for it."""
        turn, plan = self.turn, self.plan
        if plan.cap is not None and plan.cap.times is not None:
            moved(turn, turn.who, plan.cap.times_plan, None, 1, 1)
        if plan.cooldown is not None:
            turn.unit.add(FIRED, FiredRow(turn.who.number, plan.rule.code, turn.occurred_at, turn.seq))
