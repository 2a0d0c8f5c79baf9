"""What participants of a simulated world do with what they have: claim rewards, and trade copies for points.

A scenario says how often; which reward, and whose copy, is drawn. Whether it is allowed the engine decides, and a
refusal is counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gamify_core.errors import GamifyError
from gamify_core.services.trades import Side

if TYPE_CHECKING:
    from gamify_core.game import Game
    from gamify_core.simulation.acting import Act, Cast
    from gamify_core.simulation.tallies import Tally

__all__ = ["claim", "trade"]


def claim(  # noqa: PLR0913 - who, of what, with what
    game: Game, cast: Cast, purses: Mapping[str, int], name: str, act: Act, day: int, tally: Tally
) -> None:
    """Claim one of the rewards that `purses`, whole units by currency, can pay for: the one that `act` picks."""
    payable = [reward for reward in cast.spending if purses.get(reward.currency, 0) >= reward.points_cost]
    if not payable:
        return
    payable.sort(key=lambda reward: reward.points_cost)
    place = {"cheapest": 0, "dearest": -1}.get(act.name, int(act.properties["choice"] * len(payable)))
    reward = payable[place]
    try:
        game.rewards.claim(reward.code, name)
    except GamifyError as error:
        tally.refuse(reward.code, error.code, day)


def trade(game: Game, name: str, act: Act, day: int, known: Sequence[str], tally: Tally) -> None:  # noqa: PLR0913
    """Sell a copy one owns to somebody who has come before, else buy one of theirs."""
    other = known[int(act.properties["whom"] * len(known))] if known else name
    if other == name:
        return
    seller, buyer = name, other
    owned = game.assets.list(seller, page_size=1)
    if not owned.total:
        seller, buyer = other, name
        owned = game.assets.list(seller, page_size=1)
    if not owned.total:
        return
    side = Side(seller, assets=[owned.items[0].asset_id])
    try:
        game.trades.execute(side, Side(buyer, points=act.properties["price"]))
        tally.trades[day] += 1
    except GamifyError as error:
        tally.refuse("trade", error.code, day)
