"""Making up, after the fact, for what other definitions would have given, or taking back what they would not.

Promise: a participant ends with the very sum that was asked for, whatever it sets off: badges and challenges that
are reached by it give their points out of it, not beside it. Points count in the windows in which they would have been
given; badges and rungs are earned now. What is taken is taken from the movements that gave it, newest first, as a
reversal of them: then it was never earned. The ledger names the cause, `backtest:<id>`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import attrs

from gamify_core.clock import instant_of
from gamify_core.domain.decimals import told
from gamify_core.errors import NotFound
from gamify_core.ids import without_ids
from gamify_core.road import badges, cascade, mirroring, wallet
from gamify_core.road.commands import Ask
from gamify_core.road.gone import badge_of
from gamify_core.road.joined import gather
from gamify_core.road.reversals import taken
from gamify_core.road.trial import Trial
from gamify_core.road.turn import Turn
from gamify_core.storage.tables.ledger import ENTRY

if TYPE_CHECKING:
    from gamify_core.catalog import Badge
    from gamify_core.road.mirroring import OnInsufficient

__all__ = ["KIND", "Take", "correction"]

KIND = "history.apply"
_ROUNDS = 8
Take = Literal["never", "unspent", "all"]
"""Whether what was given too much is taken back: not at all, as far as it is still there, or into debts."""
_POLICIES: Mapping[str, OnInsufficient] = {"unspent": "partial", "all": "allow_negative"}


def correction(
    request: Mapping[str, Any], key: str | None, look: Callable[[Turn], None] | None = None
) -> Ask:
    """Return the command that gives one participant what a request lists, or (`take`) takes it back.

    `points` is by currency how much; to be given, `given_at` says when that would have been, and to be taken, `causes`
    from what. `badges` are codes. `look` is asked first, and may refuse.
    """

    def decide(turn: Turn) -> None:
        if look is not None:
            look(turn)
        if "take" in request:
            _take(turn, request)
        else:
            _give(turn, request)
        if not turn.outcome:
            turn.rest(0)

    return Ask(KIND, str(request["participant_id"]), dict(request), None, key, decide)


def _give(turn: Turn, request: Mapping[str, Any]) -> None:
    cause = f"backtest:{request['report']}"
    _hand_out(turn, request, _directly(turn, request, cause), cause)


def _directly(turn: Turn, request: Mapping[str, Any], cause: str) -> dict[str, int]:
    """Return how much is to be given so that, with all that it sets off, the sum is what was asked for.

    It is tried out: what is set off is left out of what is given, until that makes no difference any more. Where no
    amount comes to the very sum, it is the least above.
    """
    wanted: Mapping[str, int] = request.get("points", {})
    best = amounts = dict(wanted)
    over: int | None = None
    for _ in range(_ROUNDS):
        beside = _set_off(turn, request, amounts, cause)
        excess = [max(amounts[code], 0) + beside[code] - wanted[code] for code in wanted]
        if min(excess, default=0) >= 0 and (over is None or sum(excess) < over):
            best, over = amounts, sum(excess)
        if not any(excess):
            break
        amounts = {code: wanted[code] - beside[code] for code in wanted}
    return best


def _set_off(turn: Turn, request: Mapping[str, Any], amounts: Mapping[str, int], cause: str) -> Counter[str]:
    """Return how many points by currency would come of giving so much, beside it; nothing is kept."""
    silent = Turn(
        *(Trial(turn.unit), turn.plan, turn.draws, turn.scope, turn.seq, turn.recorded_at, turn.occurred_at),
        *(turn.offset, turn.who),
    )
    _hand_out(silent, request, amounts, cause)
    cascade.fire_reached(silent)
    beside = Counter[str]()
    for words in silent.outcome:
        if words[0] == "points_awarded" and words[1] == turn.who.number and words[2] != cause:
            beside[str(words[4])] += int(words[3] or 0)
    return beside


def _hand_out(turn: Turn, request: Mapping[str, Any], points: Mapping[str, int], cause: str) -> None:
    """Give badges, whose own points are among what is given, and then points, each when it would have been."""
    for code in request.get("badges", ()):
        badge = turn.plan.catalog.badge(code)
        if badge.repeatable or badges.held(turn, turn.who, badge) is None:
            badges.earn(turn, turn.who, attrs.evolve(badge, points=()), cause)
    now = turn.occurred_at
    for currency, amount in points.items():
        if amount > 0:
            at = request.get("given_at", {}).get(currency)
            turn.occurred_at = instant_of(datetime.fromisoformat(at)) if at is not None else now
            wallet.award(turn, turn.who, currency, amount, cause)
    turn.occurred_at = now


def _take(turn: Turn, request: Mapping[str, Any]) -> None:
    cause = f"backtest:{request['report']}"
    policy = turn.undoing = _POLICIES[request["take"]]
    for code in request.get("badges", ()):
        badge = _badge(turn, code)
        for row in reversed(badges.standing(turn, turn.who, badge)):
            badges.drop(turn, turn.who, badge, row, cause)
    for currency, amount in request.get("points", {}).items():
        _take_points(turn, currency, amount, frozenset(request["causes"][currency]), policy, cause)


def _badge(turn: Turn, code: str) -> Badge:
    try:
        return turn.plan.catalog.badge(code)
    except NotFound:
        return badge_of(turn.unit, turn.unit.known, code)


def _take_points(  # noqa: PLR0913 - what, from what, how, and why
    turn: Turn, currency: str, amount: int, causes: frozenset[str], policy: OnInsufficient, cause: str
) -> None:
    who = turn.who
    left = amount - _gone_already(turn, currency)
    entries = gather(turn.unit, who, ENTRY, None, (currency,))
    for entry in sorted(entries, key=lambda entry: (entry.activity, entry.ordinal), reverse=True):
        if left <= 0:
            return
        if entry.account != wallet.ISSUED or entry.amount < 0:  # what was sent or opened came of no rule
            continue
        if without_ids(entry.source or "direct") not in causes:
            continue
        take = min(entry.amount - taken(turn.unit, entry), left)
        if take > 0:
            took = mirroring.reverse(turn, who, entry, cause, take, policy)
            left -= took
            if took < take:
                break
    if left > 0:
        scale = turn.plan.catalog.scale(currency)
        turn.say("skipped", who.number, cause, currency, "spent", told(left, scale), told(amount, scale))


def _gone_already(turn: Turn, currency: str) -> int:
    """Return how many points went with the badges that gave them."""
    return -sum(
        int(words[3] or 0)
        for words in turn.outcome
        if words[0] == "points_reversed" and words[1] == turn.who.number and words[4] == currency
    )
