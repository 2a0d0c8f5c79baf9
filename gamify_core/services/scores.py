"""`engine.scores`: scores that are posted by hand, with the rung and the rank they lead to."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from gamify_core import border
from gamify_core.answers import Answer
from gamify_core.clock import iso
from gamify_core.domain.decimals import Amount, exact, kept, plain
from gamify_core.errors import BadValue, in_words
from gamify_core.exactly import exactly
from gamify_core.road import scores
from gamify_core.road.commands import Ask
from gamify_core.road.gifts import REDEEMED, gift_of, redeem
from gamify_core.road.meters import value_of, window_number
from gamify_core.services.access import Access
from gamify_core.services.asking import request_of
from gamify_core.services.orders import Kept, rank_of
from gamify_core.storage.tables.progress import STANDING

if TYPE_CHECKING:
    from gamify_core.road.scores import Target
    from gamify_core.road.turn import Turn

__all__ = ["ScoreAnswer", "Scores"]


class ScoreAnswer(Answer):
    """A score that was posted: the metric before and after, and where that puts the participant."""

    __slots__ = ()

    @property
    def user_id(self) -> str:
        """Whom the score was posted for, in the document's word."""
        return self.participant_id

    @property
    def metric(self) -> str:
        """What it was posted to, as it was named."""
        return str(self._said()[2])

    @property
    def action(self) -> str:
        """The code of what the participant did for it."""
        return str(self._said()[3])

    @property
    def previous(self) -> Amount:
        """The metric's value before; a `Decimal` where it has a `scale`."""
        return self._valued(4)

    @property
    def current(self) -> Amount:
        """The metric's value after everything the command did."""
        return self._valued(5)

    def _valued(self, place: int) -> Amount:
        """Return a value that was said; what ladders go by has no decimals."""
        catalog, name = self._decided.catalog, self.metric
        declared = next((metric.scale for metric in catalog.metrics if metric.code == name), 0)
        scale = catalog.scale(name) or catalog.scale(name.rpartition(".")[0]) or declared
        return exact(int(self._said()[place] or 0), scale)

    @property
    def tier_name(self) -> str | None:
        """The code of the rung that the participant stands on now, or None where there is none."""
        code = self._said()[6]
        return str(code) if code is not None else None

    @property
    def rank(self) -> int | None:
        """The rank on the first board of this metric that is kept for all time, or None where there is none."""
        rank = self._said()[7]
        return int(rank) if rank is not None else None

    @property
    def updated_at(self) -> datetime:
        """When it happened, in UTC."""
        return self.occurred_at

    def _title(self) -> str:
        return f"{self.action} {self.metric} {self.previous:,} → {self.current:,}"

    def to_dict(self) -> dict[str, object]:
        """Return the document's answer to a score."""
        return {
            "userId": self.user_id,
            "metric": self.metric,
            "previous": plain(self.previous),
            "current": plain(self.current),
            "tier_name": self.tier_name,
            "rank": self.rank,
            "updated_at": iso(self.updated_at),
        }


class Scores:
    """Posted scores: what an application counts itself and hands over as a number."""

    def __init__(self, access: Access, limits: border.Limits) -> None:
        """Hang off an engine."""
        self._access = access
        self._limits = limits

    def add(  # noqa: PLR0913 - the fields of the document
        self,
        participant_id: str,
        metric: str,
        action: str,
        value: int | Decimal,
        *,
        gift_id: str | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> ScoreAnswer:
        """Post a score, and return the metric before and after, the rung and the rank.

        `action` is a code of the application's own for what was done: 1 to 100 letters, digits, `_`, `.` and `-`. It
        is written into history, which outlives the erasure of a person, and so is no place for free text.
        `metric` is the code of a ladder (then the metric that it goes by), a currency, its `.earned` or `.balance`
        (then points are awarded, with the cause `action:<action>`), or a declared metric that is counted or summed
        (then `value` is added) or a maximum, minimum or latest value (then it is held against it). Where the metric has
        a `scale`, `value` may be a `Decimal` of no more decimals, and the answer has `Decimal`s.
        With the action `gift_redeemed` and a `gift_id` it is the redemption of that gift, exactly as `gifts.redeem`,
        and `value` has to be what the gift gives. Without a `gift_id` it is a score like any other, which the audit of
        gifts counts.
        Raises `BadValue`, `NotFound`, `OutOfWindow`, `IdempotencyConflict`, and what `gifts.redeem` raises.

        >>> from gamify_core import Catalog, Engine, Ladder, Tier
        >>> game = Engine(Catalog(ladders=[Ladder("tier", tiers=[Tier("bronze"), Tier("gold", min_points=500)])]))
        >>> score = game.scores.add("alice.kred", "tier", "quiz", 700)
        >>> score.previous, score.current, score.tier_name
        (0, 700, 'gold')
        """
        who = border.participant(participant_id)
        name = border.code(metric, "metric")
        done = border.word(action, "action")
        given = _number(value)
        gift = border.code(gift_id, "gift_id") if gift_id is not None else None
        if gift is not None and done != REDEEMED:
            detail = f"a gift is redeemed with the action {REDEEMED!r}, not {in_words(done)}"
            raise BadValue("action", done, detail)
        request = request_of(
            at,
            participant_id=who,
            metric=name,
            action=done,
            value=given if isinstance(given, int) else format(given, "f"),
            gift_id=gift,
        )
        began: list[tuple[Target, int]] = []  # what `after` has to know of the state that was found

        def decide(turn: Turn) -> None:
            target = scores.target_of(turn.plan, name)
            began.append((target, value_of(turn, turn.who, target.reading)))
            amount = _kept(turn, target, given)
            if gift is None:
                scores.post(turn, target, done, amount, self._limits.amount)
            else:
                _redeem(turn, target, gift, amount)

        def after(turn: Turn) -> None:
            target, previous = began[-1]
            current = value_of(turn, turn.who, target.reading)
            words = (name, done, previous, current, _rung(turn, target), _rank(turn, target))
            turn.say("=", turn.who.number, *words)

        key = border.idempotency_key(idempotency_key)
        return ScoreAnswer(self._access.write(Ask("scores.add", who, request, at, key, decide, after=after)))


def _number(value: object) -> int | Decimal:
    """Return a posted value: a whole number, or a decimal, which is text (`"12.34"`) among a command's arguments."""
    value = exactly(value)
    if isinstance(value, str) and "." in value:
        with suppress(InvalidOperation):
            value = Decimal(value)
    if isinstance(value, Decimal) and value.is_finite() and abs(value) <= border.MOST:
        return int(value) if value == int(value) else value
    return border.whole(value, "value", -border.MOST, border.MOST)


def _kept(turn: Turn, target: Target, value: int | Decimal) -> int:
    """Return a posted value as its metric keeps it. Raises `BadValue` for one with more decimals than that has."""
    scale = turn.plan.scale(target.metric)
    amount = kept(value, scale)
    if amount is None or not -border.MOST <= amount <= border.MOST:
        told = f"with no more than {scale} decimals" if scale else "that is whole"
        detail = (
            f"value must be a number {told}, from {-border.MOST} to {border.MOST} in all digits, not {value}"
        )
        raise BadValue("value", value, detail)
    return amount


def _redeem(turn: Turn, target: Target, gift_id: str, value: int) -> None:
    """Redeem a gift, where what is posted is what the gift gives."""
    gift = gift_of(turn.unit, turn.scope, gift_id)
    if target.currency != gift.currency:
        detail = f"{gift_id} gives {gift.currency}, which do not move {target.reading}"
        raise BadValue("metric", target.reading, detail)
    if value != gift.reward:
        scale = turn.plan.catalog.scale(gift.currency)
        detail = f"{gift_id} gives {exact(gift.reward, scale)}, not {exact(value, scale)}"
        raise BadValue("value", value, detail)
    redeem(turn, turn.who, gift)


def _rung(turn: Turn, target: Target) -> str | None:
    """Return the code of the rung that the participant stands on now."""
    if target.ladder is None:
        return None
    head = turn.unit.last(STANDING, (turn.who.number, target.ladder.ladder.code))
    return head.tier if head is not None else None


def _rank(turn: Turn, target: Target) -> int | None:
    """Return the rank after the command on the first all-time board of the metric.

    The board is opened in the unit itself: what the command has put there is not committed yet.
    """
    plan = turn.plan.ranked.get(target.metric)
    if plan is None:
        return None
    window = window_number(turn.unit, turn.scope, plan.trackers["all_time"], turn.recorded_at)
    order = Kept(turn.unit, window)
    row = order.entry(turn.who.number)
    return None if row is None else rank_of(order, plan.board.ties, row)
