"""Multipliers of points: who has one running, and awards that they raise.

Promise: what multiplies an award is what runs as the event occurs, by the terms it was claimed under. A multiplier runs
as long as the catalog has its reward, on offer or not, whatever it says by now; where the catalog has no rewards at
all, awards cost nothing more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from gamify_core.border import MOST
from gamify_core.domain.decimals import exact
from gamify_core.domain.multiplying import Factor, combined, multiplied
from gamify_core.domain.periods import duration
from gamify_core.errors import BadValue
from gamify_core.road import former, wallet
from gamify_core.road.joined import gather
from gamify_core.storage.tables.rewards import BOOST, BOOST_BY_CLAIM, BOOST_BY_END, BoostRow

if TYPE_CHECKING:
    from gamify_core.catalog.definitions import Reward, Rounding, Stacking
    from gamify_core.road.compiled import Terms
    from gamify_core.road.turn import Turn
    from gamify_core.storage.tables.participants import ParticipantRow
    from gamify_core.storage.tables.rewards import ClaimRow

__all__ = ["award", "boosted", "end", "start"]


def award(  # noqa: PLR0913 - what is awarded, why, and on what terms
    turn: Turn, who: ParticipantRow, currency: str, amount: int, cause: str, terms: Terms | None = None
) -> None:
    """Award points to a participant, multiplied by what is running."""
    value, base = boosted(turn, who, currency, amount)
    wallet.award(turn, who, currency, value, cause, base, terms)


def boosted(turn: Turn, who: ParticipantRow, currency: str, amount: int) -> tuple[int, int | None]:
    """Return what running multipliers make of an amount, and what it was before if they change it.

    Raises `BadValue` where that is more than any amount may be.
    """
    rows = _running(turn, who, currency) if turn.plan.multiplied else ()
    if not rows:
        return amount, None
    factor = combined([Factor(row.factor, cast("Stacking", row.stacking)) for row in rows])
    latest = max(rows, key=lambda row: (row.claimed_by, row.ordinal))
    value = multiplied(amount, factor, cast("Rounding", latest.rounding))
    if value > MOST:
        scale = turn.plan.catalog.scale(currency)
        asked, most = exact(amount, scale), exact(MOST, scale)
        detail = f"{asked} {currency}, multiplied by {float(factor):g}, would be more than {most}"
        raise BadValue("amount", asked, detail)
    return value, amount if value != amount else None


def start(turn: Turn, who: ParticipantRow, reward: Reward, ordinal: int) -> None:
    """Let a multiplier that was just claimed run, from the moment of the claim."""
    head = turn.unit.last(BOOST, (who.number, reward.multiplies))
    starts = turn.occurred_at
    row = BoostRow(
        who.number,
        reward.multiplies,
        1 if head is None else head.n + 1,
        reward.code,
        reward.factor or "1",
        reward.stacking,
        reward.rounding,
        starts,
        starts + duration(reward.duration),
        turn.seq,
        ordinal,
    )
    turn.unit.add(BOOST, row)


def end(turn: Turn, claim: ClaimRow) -> None:
    """End the multiplier of a claim now, if it has one that is running still. What it multiplied stays so."""
    row = turn.unit.find(BOOST, BOOST_BY_CLAIM, (claim.claimed_by, claim.ordinal))
    if row is not None:
        ends = max(row.starts, min(row.ends, turn.occurred_at))
        ended = row._replace(ends=ends)
        former.keep(turn, BOOST, row, ended)
        turn.unit.put(BOOST, ended)


def _running(turn: Turn, who: ParticipantRow, currency: str) -> list[BoostRow]:
    """Return the multipliers that run as the turn's event occurs."""
    rewards = turn.plan.multiplied
    if who.person is None and turn.unit.last(BOOST, (who.number, currency)) is None:
        return []  # most have none, and that is remembered
    at = turn.occurred_at
    rows = gather(turn.unit, who, BOOST, BOOST_BY_END, (currency,), start=(at + 1,))
    return [row for row in rows if row.starts <= at and row.reward in rewards]
