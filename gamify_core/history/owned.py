"""What is owned and what was given: copies and their ways, stock, codes and claims, challenges, gifts and scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gamify_core.history.looking import AT_ONCE, Look, spelt
from gamify_core.history.report import Mismatch
from gamify_core.ids import id_of
from gamify_core.storage.tables.activity import ACTIVITY
from gamify_core.storage.tables.assets import (
    ASSET,
    ASSET_BY_EDITION,
    PROVENANCE,
    SUPPLY,
    AssetRow,
    ProvenanceRow,
)
from gamify_core.storage.tables.challenges import ADVANCE, COMPLETION
from gamify_core.storage.tables.definitions import DEFINITION
from gamify_core.storage.tables.gifts import GIFT, SCORE
from gamify_core.storage.tables.rewards import BOOST, BOOST_BY_CLAIM, CLAIM, CODE, STOCK

if TYPE_CHECKING:
    from gamify_core.history.looking import Check

__all__ = ["CHECKS"]

_SAID = {"minted": "asset_minted", "transferred": "asset_transferred", "burned": "asset_burned"}


_POSTED = ("scores.add", "gifts.redeem", "participants.opening")


def assets(look: Look) -> Iterator[Mismatch]:
    """Go every copy's way, and compare where it ends with whose it is."""
    yield from look.count("asset.missing", ASSET, look.said["asset_minted"])
    yield from look.count("asset.missing", PROVENANCE, sum(look.said[tag] for tag in _SAID.values()))
    for steps, gaps in look.chains(PROVENANCE, "asset.provenance"):
        yield from gaps
        yield from _way(look, steps)
        asset = look.reader.get(ASSET, steps[0][:2])
        last = steps[-1]
        if asset is None or asset.owner != last.holder:
            found = asset.owner if asset is not None else None
            yield Mismatch("asset.owner", spelt(*steps[0][:2]), found, last.holder)
        elif asset.owner is not None and asset[7:9] != (last.occurred_at, last.activity):
            yield Mismatch("asset.owner", spelt(*steps[0][:2]), asset[7:9], [last.occurred_at, last.activity])
    counted: set[tuple[str, str]] = set()
    for asset in look.rows(ASSET):
        if asset[2:4] not in counted and look.reader.get(SUPPLY, asset[2:4]) is None:
            yield Mismatch("supply.count", spelt(*asset[2:4]))
        counted.add(asset[2:4])
        if look.reader.last(PROVENANCE, asset[:2]) is None:
            yield Mismatch("asset.owner", spelt(*asset[:2]), asset.owner)
        if not look.tells(asset.minted_by, "asset_minted", ..., ..., *asset[:2], asset.badge, asset.edition):
            yield Mismatch("asset.provenance", spelt(*asset[:2]), [asset.badge, asset.edition])


def _way(look: Look, steps: list[ProvenanceRow]) -> Iterator[Mismatch]:
    holder = None
    for step in steps:
        acting = step.previous if step.what == "burned" else step.holder
        told = look.tells(step.activity, _SAID.get(step.what), acting, ..., step.minted_by, step.ordinal)
        if step.previous != holder or not told:
            yield Mismatch("asset.provenance", spelt(*step[:3]), step.previous, holder)
        holder = step.holder


def supplies(look: Look) -> Iterator[Mismatch]:
    """Count the copies of every badge."""
    for supply in look.rows(SUPPLY):
        owners: set[int] = set()
        minted = burned = 0
        untried = 1
        for asset in _copies(look, supply[:2]):
            minted += 1
            burned += asset.owner is None
            owners |= {asset.owner} if asset.owner is not None else set()
            untried += asset.edition == untried
        found, expected = supply[4:], (minted, burned, len(owners))
        if found != expected or supply.untried > untried:
            yield Mismatch("supply.count", spelt(*supply[:2]), supply[3:], [untried, *expected])


def _copies(look: Look, of: tuple[str, str]) -> Iterator[AssetRow]:
    edition = 0
    while rows := look.reader.scan(ASSET, ASSET_BY_EDITION, of, start=(edition + 1,), limit=AT_ONCE):
        yield from rows
        edition = rows[-1].edition


def rewards(look: Look) -> Iterator[Mismatch]:
    """Count claims and codes."""
    claimed: Counter[tuple[str, str]] = Counter()
    holding: set[tuple[object, ...]] = set()
    for claim in look.rows(CLAIM):
        if claim.standing is not None:
            claimed[claim.scope, claim.reward] += 1
            holding.add((claim.scope, claim.reward, claim.code))
    pools: dict[tuple[str, str], tuple[int, int]] = {}
    for codes, gaps in look.chains(CODE, "code.free"):
        yield from gaps
        pools[codes[0].scope, codes[0].reward] = len(codes), sum(code.free is not None for code in codes)
        for code in codes:
            if (code.free is None) != (code[:3] in holding):
                yield Mismatch("code.free", spelt(*code[:3]), code.free, int(code[:3] not in holding))
    for stock in look.rows(STOCK):
        expected = (claimed.pop(stock[:2], 0), *pools.pop(stock[:2], (0, 0)))
        if stock[2:] != expected:
            yield Mismatch("stock.count", spelt(*stock[:2]), stock[2:], expected)
    for of in sorted({*claimed, *pools}):
        yield Mismatch("stock.count", spelt(*of), None, [claimed[of], *pools.get(of, ())])


def claims(look: Look) -> Iterator[Mismatch]:
    """Compare claims, and multipliers that came of them, with what was said of them."""
    yield from look.count("claim.missing", CLAIM, look.said["reward_claimed"])
    for row in look.rows(CLAIM):
        told = look.outcome(row.claimed_by)[row.ordinal :][:1]
        words = ["reward_claimed", row.participant, row.reward, row.cost]
        if not told or told[0][:2] + told[0][3:5] != words:
            yield Mismatch("claim.outcome", spelt(*row[:2]), words, told)
        ended = ("reward_cancelled", ..., ..., row.reward, ..., *row[:2])
        if (row.standing is None) != bool(row.cancelled_by) or (
            row.cancelled_by and not look.tells(row.cancelled_by, *ended)
        ):
            yield Mismatch("claim.outcome", spelt(*row[:2]), row.cancelled_by)
        boosts = look.multiplies(row.claimed_by, row.reward)
        if boosts and look.reader.find(BOOST, BOOST_BY_CLAIM, row[:2]) is None:
            yield Mismatch("boost.missing", spelt(*row[:2]), None, row.reward)
    for boost in look.rows(BOOST):
        claim = look.reader.get(CLAIM, (boost.claimed_by, boost.ordinal))
        if claim is None or (claim.participant, claim.reward) != (boost.participant, boost.reward):
            yield Mismatch("claim.outcome", spelt(*boost[:3]), boost.reward)


def challenges(look: Look) -> Iterator[Mismatch]:
    """Compare completions with what was said of them."""
    yield from look.count("challenge.missing", COMPLETION, look.said["challenge_completed"])
    for row in look.rows(COMPLETION):
        if not look.tells(
            row.activity, "challenge_completed", row.participant, ..., row.challenge, row.label
        ):
            yield Mismatch("challenge.outcome", spelt(*row[:3]), row.activity)
    for step in look.rows(ADVANCE):
        if step.steps < 1 or look.reader.get(ACTIVITY, (step.activity,)) is None:
            yield Mismatch("challenge.outcome", spelt(*step[:3]), step.steps)


def gifts(look: Look) -> Iterator[Mismatch]:
    """Compare gifts, and scores that were posted, with the activities that made them."""
    yield from look.count("gift.missing", GIFT, look.done["gifts.create"])
    yield from look.count("gift.missing", SCORE, sum(look.done[kind] for kind in _POSTED))
    for gift in look.rows(GIFT):
        made = look.reader.get(ACTIVITY, (gift.activity,))
        if made is None or (made.kind, made.scope) != ("gifts.create", gift.scope):
            yield Mismatch("gift.outcome", spelt(gift.activity), gift.name)
        own = ("badges", id_of("gift", gift.activity))
        if gift.badge == own[1] and look.reader.last(DEFINITION, own) is None:
            yield Mismatch("definition.missing", spelt(*own), None, 1)
    for score in look.rows(SCORE):
        posted = look.reader.get(ACTIVITY, (score.activity,))
        there = score.gift is None or look.reader.get(GIFT, (score.gift,)) is not None
        if (
            posted is None
            or (posted.participant, posted.scope) != (score.participant, score.scope)
            or not there
        ):
            yield Mismatch("gift.outcome", spelt(*score[:2]), score.action)


CHECKS: tuple[Check, ...] = (assets, supplies, rewards, claims, challenges, gifts)
