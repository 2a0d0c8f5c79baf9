"""What is given in a simulated world beside what its rules give: gifts, codes of coupons, and points among people.

Gifts and codes are laid out before anybody comes, so their ids are the same in every world of a season. Whether a gift
can be redeemed, and what it gives, the engine decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from gamify_core.clock import moment
from gamify_core.errors import AlreadyRedeemed, GamifyError

if TYPE_CHECKING:
    from gamify_core.game import Game
    from gamify_core.simulation.acting import Act, Cast
    from gamify_core.simulation.tallies import Tally

__all__ = ["lay_out_codes", "lay_out_gifts", "redeem", "send"]

_AT_ONCE: Final = 10_000


def lay_out_gifts(game: Game, cast: Cast, begins: int) -> list[str]:
    """Make the gifts of a scenario, and return their ids in its order."""
    made = []
    for gift in cast.gifts:
        ends = None
        if gift.lasts is not None:
            ends = moment(begins) + timedelta(days=gift.day - 1 + gift.lasts)
        badge = gift.badge if gift.badge is not None else False
        answer = game.gifts.create(gift.code, gift.code, gift.reward, badge, ends, currency=gift.currency)
        made.append(answer.gift_id)
    return made


def lay_out_codes(game: Game, cast: Cast, players: int) -> dict[str, int]:
    """Fill the pools of coupons, as the scenario says or with one for each player; return how many codes each has."""
    pools = {}
    for reward in cast.spending:
        if reward.type == "coupon":
            many = pools[reward.code] = cast.codes.get(reward.code, players)
            for first in range(0, many, _AT_ONCE):
                last = min(first + _AT_ONCE, many)
                game.rewards.add_codes(reward.code, [f"{reward.code}-{n}" for n in range(first, last)])
    return pools


def redeem(game: Game, cast: Cast, made: Sequence[str], name: str, act: Act, day: int, tally: Tally) -> None:  # noqa: PLR0913
    """Redeem a gift that is on offer on a day (counted from 0), and that they have not had."""
    there = [place for place, gift in enumerate(cast.gifts) if gift.on_offer(day)]
    start = int(act.properties["choice"] * len(there))
    for place in [*there[start:], *there[:start]]:
        try:
            game.gifts.redeem(made[place], name)
        except AlreadyRedeemed:
            continue
        except GamifyError as error:
            tally.refuse(f"gift {cast.gifts[place].code}", error.code, day)
        return


def send(game: Game, name: str, act: Act, day: int, known: Sequence[str], tally: Tally) -> None:  # noqa: PLR0913
    """Send points to somebody who has come before."""
    other = known[int(act.properties["whom"] * len(known))] if known else name
    if other == name:
        return
    try:
        game.points.transfer(name, other, act.properties["amount"])
    except GamifyError as error:
        tally.refuse("send", error.code, day)
