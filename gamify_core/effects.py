"""Everything that can happen to a participant: a closed list of frozen values.

An effect is written once, as a short list of plain words in the *outcome* of its activity row
(`["points_awarded", <participant>, <cause>, 19, "points", 69]`), and read back from there: the answer of a
live call, of its replay under the same idempotency key, and a look into history are one reading of the same words.
Outcomes name participants by number and definitions by code and hold no free text, so erasing a person touches
no outcome; names come from the catalog that the outcome was decided under.

`cause` says what brought an effect about: `"direct"`, `"rule:lesson"`, `"badge:first_steps"`, `"ladder:tier"` …
Ids and instants (aware datetimes in UTC) are left out of `==`, so a test can compare effects without knowing them.
Reading is total: a definition that the catalog does not have any more goes by its code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from gamify_core.clock import iso, moment
from gamify_core.domain.decimals import Amount, exact, plain
from gamify_core.errors import NotFound

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog

__all__ = [
    "AccountClosed",
    "AccountReopened",
    "AssetBurned",
    "AssetMinted",
    "AssetTransferred",
    "BadgeEarned",
    "BadgeMerged",
    "BadgeRevoked",
    "ChallengeCompleted",
    "Effect",
    "FreezeUsed",
    "GiftRedeemed",
    "HistoryMerged",
    "HoldEnded",
    "HoldPlaced",
    "PendingCancelled",
    "PointsAwarded",
    "PointsDeducted",
    "PointsExpired",
    "PointsMerged",
    "PointsPending",
    "PointsReversed",
    "RankPrize",
    "RewardCancelled",
    "RewardClaimed",
    "Skipped",
    "StreakBroken",
    "StreakCorrected",
    "StreakExtended",
    "TierChanged",
    "Words",
    "decode",
    "effect_id",
]

Words = list[str | int | None]


@attrs.frozen
class Effect:
    """One thing that happened to `participant_id`. `id` derives from the activity: `txn_17_0`, `fx_17_1`."""

    tag: ClassVar[str]

    participant_id: str
    cause: str
    id: str = attrs.field(eq=False)
    occurred_at: datetime = attrs.field(eq=False, repr=False)

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON: the kind under `type`, then every field; instants as text."""
        body: dict[str, object] = {"type": self.tag, **attrs.asdict(self)}
        return {
            name: iso(value) if isinstance(value, datetime) else plain(value) for name, value in body.items()
        }


@attrs.frozen
class _Movement(Effect):
    """A movement of a wallet; `balance` is what it held afterwards, `id` is the transaction's."""

    amount: Amount
    currency: str
    balance: Amount
    peer_id: str | None = None
    base: Amount | None = None


@attrs.frozen
class PointsAwarded(_Movement):
    """Points came in; from `peer_id` where another participant sent them.

    Where a multiplier was running, `base` is what was awarded before it made `amount` of it.
    """

    tag = "points_awarded"


@attrs.frozen
class PointsDeducted(_Movement):
    """Points went out; to `peer_id` where they were sent to another participant."""

    tag = "points_deducted"


@attrs.frozen
class PointsReversed(_Movement):
    """An earlier movement was taken back, in whole or in part.

    `amount` is signed here: below zero where points that were awarded are taken away again, above where points that
    were spent come back.
    """

    tag = "points_reversed"


@attrs.frozen
class PointsExpired(_Movement):
    """Points lapsed unspent."""

    tag = "points_expired"


@attrs.frozen
class PointsPending(Effect):
    """Points were awarded that count from `matures_at` on, and lapse at `expires_at`.

    `balance` is what the wallet holds without them, `id` is the transaction's.
    """

    tag = "points_pending"

    amount: Amount
    currency: str
    balance: Amount
    matures_at: datetime | None = attrs.field(eq=False)
    expires_at: datetime | None = attrs.field(default=None, eq=False)


@attrs.frozen
class PendingCancelled(Effect):
    """Points that did not count yet were taken back; `left` of the award will count still."""

    tag = "pending_cancelled"

    amount: Amount
    currency: str
    left: Amount


@attrs.frozen
class HoldPlaced(Effect):
    """Points were set aside, until `expires_at` at the latest."""

    tag = "hold_placed"

    amount: Amount
    currency: str
    expires_at: datetime | None = attrs.field(eq=False)
    hold_id: str = attrs.field(default="", eq=False)


@attrs.frozen
class HoldEnded(Effect):
    """Points are set aside no more: `captured` of them were spent, and the others are available again.

    `outcome` is `captured`, `released` or `expired`.
    """

    tag = "hold_ended"

    amount: Amount
    currency: str
    hold_id: str = attrs.field(eq=False)
    outcome: str
    captured: Amount


@attrs.frozen
class AccountClosed(Effect):
    """No points move any more."""

    tag = "account_closed"


@attrs.frozen
class AccountReopened(Effect):
    """Points move again."""

    tag = "account_reopened"


@attrs.frozen
class PointsMerged(Effect):
    """All of a wallet of `source_id` went over, with what was ever `earned` and `spent` there; `id` is the movement's.

    `amount` is what it held (below zero: owed), `balance` what there was of both afterwards.
    """

    tag = "points_merged"

    amount: Amount
    currency: str
    balance: Amount
    source_id: str
    earned: Amount
    spent: Amount


@attrs.frozen
class BadgeMerged(Effect):
    """A badge that `source_id` held came along; where it was held already (`duplicate`) it is held once.

    It has been held since the earlier of the two was earned; `earned_at` is when the source had.
    """

    tag = "badge_merged"

    code: str
    name: str
    source_id: str
    duplicate: bool
    earned_at: datetime = attrs.field(eq=False, repr=False)


@attrs.frozen
class HistoryMerged(Effect):
    """So many `events`, `scores`, `claims`, `challenges` completed, open `holds` or `pending` points came along."""

    tag = "history_merged"

    what: str
    count: int
    source_id: str


@attrs.frozen
class TierChanged(Effect):
    """One rung of a ladder was reached or left; a jump over several rungs is several of these."""

    tag = "tier_changed"

    ladder: str
    code: str | None
    name: str | None
    level: int
    previous_code: str | None
    previous_name: str | None
    previous_level: int

    @property
    def up(self) -> bool:
        """Whether the new rung is the higher one."""
        return self.level > self.previous_level


@attrs.frozen
class BadgeEarned(Effect):
    """A badge was earned. Points that it gives follow as an effect of their own with the cause `badge:<code>`."""

    tag = "badge_earned"

    code: str
    name: str
    rarity: str


@attrs.frozen
class BadgeRevoked(Effect):
    """A badge was taken back."""

    tag = "badge_revoked"

    code: str
    name: str


@attrs.frozen
class _Asset(Effect):
    """Something happened to a numbered copy of a badge."""

    asset_id: str
    badge: str
    edition: int


@attrs.frozen
class AssetMinted(_Asset):
    """A copy was made and given to the participant."""

    tag = "asset_minted"


@attrs.frozen
class AssetTransferred(_Asset):
    """A copy came to the participant from `sender_id`."""

    tag = "asset_transferred"

    sender_id: str | None = None


@attrs.frozen
class AssetBurned(_Asset):
    """A copy was destroyed; its number stays used."""

    tag = "asset_burned"


@attrs.frozen
class _Streak(Effect):
    """Something happened to a streak."""

    streak: str
    name: str
    count: int
    longest: int


@attrs.frozen
class StreakExtended(_Streak):
    """A period was completed: the run now counts `count` and stays alive until `expires_at`."""

    tag = "streak_extended"

    is_new_record: bool
    expires_at: datetime | None = attrs.field(eq=False)


@attrs.frozen
class StreakBroken(_Streak):
    """A run of `count` ended."""

    tag = "streak_broken"


@attrs.frozen
class StreakCorrected(_Streak):
    """What had been said was put right, by a late activity, say: the run went from `previous_count` to `count`.

    `freezes_returned` were used and are not needed any more (below zero: so many more were needed); by so many as
    `runs_joined` there are fewer runs.
    """

    tag = "streak_corrected"

    previous_count: int
    previous_longest: int
    freezes_returned: int = 0
    runs_joined: int = 0


@attrs.frozen
class FreezeUsed(_Streak):
    """A freeze stood in for a missed period."""

    tag = "freeze_used"

    period: str


@attrs.frozen
class ChallengeCompleted(Effect):
    """All goals of a challenge were reached."""

    tag = "challenge_completed"

    code: str
    name: str


@attrs.frozen
class RewardClaimed(Effect):
    """A reward was handed out for `points_deducted` points, with the code `code_value` where it takes codes."""

    tag = "reward_claimed"

    reward: str
    name: str
    points_deducted: Amount
    code_value: str | None = None
    claim_id: str = attrs.field(default="", eq=False)


@attrs.frozen
class RewardCancelled(Effect):
    """A claim was taken back, and `points_returned` points with it.

    It is told apart from the points that come back: a reward that was given away has none, and an undo that is silent
    about the coupon it took explains nothing.
    """

    tag = "reward_cancelled"

    reward: str
    name: str
    points_returned: Amount
    claim_id: str = attrs.field(eq=False)


@attrs.frozen
class GiftRedeemed(Effect):
    """A gift was redeemed."""

    tag = "gift_redeemed"

    gift_id: str
    reward: Amount


@attrs.frozen
class RankPrize(Effect):
    """A closed leaderboard paid for a rank; what it gave follows as effects with the cause `leaderboard:<code>`.

    `period` is the name of the period that was closed, `2026-W07` or that of a season.
    """

    tag = "rank_prize"

    leaderboard: str
    period: str
    rank: int


@attrs.frozen
class Skipped(Effect):
    """Something a rule meant to do and could not: `effect` says what, `code` why, `message` in a sentence."""

    tag = "skipped"

    effect: str
    code: str
    message: str


PEERS = {
    "points_awarded": 6,
    "points_deducted": 6,
    "points_reversed": 6,
    "points_merged": 6,
    "asset_transferred": 7,
    "badge_merged": 4,
    "history_merged": 5,
}
"""Where the words of an effect name the participant on the other side."""

STAYS = frozenset({"permanent", "kept", "spent", "moved_on"})
"""The codes of what an undo leaves standing."""

SKIPPED = {
    "cap": "the {1} cap of {0} leaves {2}",
    "cap_times": "the {1} limit of {0} × is reached",
    "condition": "its condition cannot be worked out",
    "cooldown": "it is within its cooldown of another firing",
    "expression": "its amount cannot be worked out",
    "insufficient_points": "Insufficient points. Available: {}, requested: {}",
    "not_an_amount": "{} is not an amount from 1 to 2^53-1",
    "not_a_decimal": "the property that {} counts has more decimals than {}, or is no number",
    "not_a_number": "the property that {} counts is not a whole number",
    "out_of_range": "the value would leave the range of 64 bits",
    "account_closed": "the account is closed",
    "already_earned": "the badge is held already",
    "sold_out": "{0} is sold out: its max_supply is {1}",
    "reward_inactive": "the reward {} is not active",
    "out_of_stock": "the reward {} is out of stock",
    "no_codes": "No available reward codes",
    "max_claims": "Maximum claims per participant exceeded",
    "permanent": "{} is permanent",
    "kept": "{0}: the ladder {1} takes no rung away",
    "spent": "{0} of {1} were spent already",
    "moved_on": "{0} #{1} belongs to somebody else by now",
    "cascade": "effects caused effects more than {} rounds deep",
}
"""Why a cascade passes over an effect: the sentence for each code, filled with the numbers the outcome carries."""

FACTS: Mapping[str, tuple[str, ...]] = {
    "cap": ("cap", "per", "left"),
    "cap_times": ("times", "per"),
    "insufficient_points": ("available", "requested"),
    "not_an_amount": ("amount",),
    "not_a_number": ("metric",),
    "sold_out": ("badge", "max_supply"),
    "reward_inactive": ("reward",),
    "out_of_stock": ("reward",),
    "no_codes": ("reward",),
    "max_claims": ("reward",),
}
"""What the numbers of an effect that was passed over are called, where it has some."""


def effect_id(tag: str, activity: int, ordinal: int) -> str:
    """Return the id of the effect that stands at `ordinal` in the outcome of `activity`."""
    return f"{'txn' if tag.startswith('points_') else 'fx'}_{activity}_{ordinal}"


def decode(  # noqa: PLR0913 - what an outcome says, and what it leaves to others to know
    words: Words, names: Mapping[int, str], catalog: Catalog, activity: int, ordinal: int, occurred_at: int
) -> Effect:
    """Return the effect that the words of an outcome say."""
    tag, who, cause, *rest = words
    make, complete = _KINDS[str(tag)]
    person = names.get(who, "") if isinstance(who, int) else ""
    fields = complete(rest, names, catalog)
    return make(person, cause, effect_id(str(tag), activity, ordinal), moment(occurred_at), *fields)


def _shown(catalog: Catalog, currency: object, *numbers: str | int | None) -> list[object]:
    """Return numbers of a currency's smallest unit as people know them."""
    scale = catalog.scale(str(currency))
    return [exact(number, scale) if isinstance(number, int) else number for number in numbers]


def _movement(rest: Words, names: Mapping[int, str], catalog: Catalog) -> list[object]:
    amount, currency, balance, *more = rest
    peer, base = (*more, None, None)[:2]
    told, held, asked = _shown(catalog, currency, amount, balance, base)
    return [told, currency, held, names.get(peer, "") if isinstance(peer, int) else None, asked]


def _poured(rest: Words, names: Mapping[int, str], catalog: Catalog) -> list[object]:
    amount, currency, balance, source, earned, spent = rest
    told = _shown(catalog, currency, amount, balance, earned, spent)
    return [told[0], currency, told[1], names.get(int(source or 0), ""), *told[2:]]


def _badge_merged(rest: Words, names: Mapping[int, str], catalog: Catalog) -> list[object]:
    code, source, twice, earned_at = rest
    named = _badge([code], names, catalog)[:2]
    return [*named, names.get(int(source or 0), ""), bool(twice), moment(int(earned_at or 0))]


def _history(rest: Words, names: Mapping[int, str], _catalog: Catalog) -> list[object]:
    what, count, source = rest
    return [what, count, names.get(int(source or 0), "")]


def _pending(rest: Words, _names: Mapping[int, str], catalog: Catalog) -> list[object]:
    amount, currency, balance, *instants = rest
    told, held = _shown(catalog, currency, amount, balance)
    return [told, currency, held, *(moment(each) for each in instants if isinstance(each, int))]


def _unpromised(rest: Words, _names: Mapping[int, str], catalog: Catalog) -> list[object]:
    amount, currency, left = rest
    told, rests = _shown(catalog, currency, amount, left)
    return [told, currency, rests]


def _held(rest: Words, _names: Mapping[int, str], catalog: Catalog) -> list[object]:
    amount, currency, ends = rest
    return [*_shown(catalog, currency, amount), currency, moment(ends) if isinstance(ends, int) else None]


def _placed(person: str, cause: str, effect: str, occurred_at: datetime, *fields: Any) -> HoldPlaced:
    """Return a hold, which goes by the place of its effect."""
    placed = HoldPlaced(person, cause, effect, occurred_at, *fields)
    return attrs.evolve(placed, hold_id=f"hold_{effect.removeprefix('fx_')}")


def _hold_ended(rest: Words, _names: Mapping[int, str], catalog: Catalog) -> list[object]:
    amount, currency, activity, ordinal, outcome, captured = rest
    told, spent = _shown(catalog, currency, amount, captured)
    return [told, currency, f"hold_{activity}_{ordinal}", outcome, spent]


def _plain(rest: Words, _names: Mapping[int, str], _catalog: Catalog) -> list[object]:
    return list(rest)


def _tier(rest: Words, _names: Mapping[int, str], catalog: Catalog) -> list[object]:
    ladder, code, previous = rest
    return [ladder, code, *_rung(catalog, ladder, code), previous, *_rung(catalog, ladder, previous)]


def _rung(catalog: Catalog, ladder: object, code: object) -> tuple[str | None, int]:
    """Return the name and the level of a rung; one that the catalog does not have (any more) goes by its code."""
    if code is None:
        return None, 0
    try:
        tier = catalog.ladder(str(ladder)).tier(str(code))
    except NotFound:
        return str(code), 0
    return tier.name, tier.level


def _badge(rest: Words, _names: Mapping[int, str], catalog: Catalog) -> list[object]:
    try:
        badge = catalog.badge(str(rest[0]))
    except NotFound:
        return [rest[0], rest[0], "common"]
    return [badge.code, badge.name, badge.rarity]


def _revoked(rest: Words, names: Mapping[int, str], catalog: Catalog) -> list[object]:
    return _badge(rest, names, catalog)[:2]


def _streak(rest: Words, _names: Mapping[int, str], catalog: Catalog) -> list[object]:
    try:
        name = catalog.streak(str(rest[0])).name
    except NotFound:
        name = str(rest[0])
    return [rest[0], name, *rest[1:]]


def _extended(rest: Words, names: Mapping[int, str], catalog: Catalog) -> list[object]:
    code, count, longest, record, expires = rest
    alive = moment(expires) if isinstance(expires, int) else None
    return [*_streak([code, count, longest], names, catalog), bool(record), alive]


def _skipped(rest: Words, _names: Mapping[int, str], _catalog: Catalog) -> list[object]:
    effect, code, *facts = rest
    return [effect, code, SKIPPED[str(code)].format(*facts)]


def _asset(rest: Words, names: Mapping[int, str], _catalog: Catalog) -> list[object]:
    minted_by, ordinal, badge, edition, *sender = rest
    asset = f"asset_{minted_by}_{ordinal}"
    return [asset, badge, edition, *(names.get(number, "") for number in sender if isinstance(number, int))]


def _challenge(rest: Words, _names: Mapping[int, str], catalog: Catalog) -> list[object]:
    try:
        return [rest[0], catalog.challenge(str(rest[0])).name]
    except NotFound:
        return [rest[0], rest[0]]


def _reward(rest: Words, _names: Mapping[int, str], catalog: Catalog) -> list[object]:
    code, points, *value = rest
    try:
        reward = catalog.reward(str(code))
    except NotFound:
        return [code, code, points, *value]
    return [code, reward.name, *_shown(catalog, reward.currency, points), *value]


def _claimed(person: str, cause: str, effect: str, occurred_at: datetime, *fields: Any) -> RewardClaimed:
    """Return a claim, which goes by the place of its effect."""
    claimed = RewardClaimed(person, cause, effect, occurred_at, *fields)
    return attrs.evolve(claimed, claim_id=f"claim_{effect.removeprefix('fx_')}")


def _cancelled(rest: Words, names: Mapping[int, str], catalog: Catalog) -> list[object]:
    code, points, activity, ordinal = rest
    return [*_reward([code, points], names, catalog), f"claim_{activity}_{ordinal}"]


def _gift(rest: Words, _names: Mapping[int, str], catalog: Catalog) -> list[object]:
    number, reward, *paid_in = rest
    return [f"gift_{number}", *_shown(catalog, paid_in[0] if paid_in else "points", reward)]


def _plainly(rest: Words, _names: Mapping[int, str], _catalog: Catalog) -> list[object]:
    return [*rest]


_Complete = Callable[[Words, Mapping[int, str], "Catalog"], list[object]]
_KINDS: dict[str, tuple[Callable[..., Effect], _Complete]] = {
    PointsAwarded.tag: (PointsAwarded, _movement),
    PointsDeducted.tag: (PointsDeducted, _movement),
    PointsReversed.tag: (PointsReversed, _movement),
    PointsExpired.tag: (PointsExpired, _movement),
    PointsMerged.tag: (PointsMerged, _poured),
    BadgeMerged.tag: (BadgeMerged, _badge_merged),
    HistoryMerged.tag: (HistoryMerged, _history),
    PointsPending.tag: (PointsPending, _pending),
    PendingCancelled.tag: (PendingCancelled, _unpromised),
    HoldPlaced.tag: (_placed, _held),
    HoldEnded.tag: (HoldEnded, _hold_ended),
    AccountClosed.tag: (AccountClosed, _plain),
    AccountReopened.tag: (AccountReopened, _plain),
    TierChanged.tag: (TierChanged, _tier),
    BadgeEarned.tag: (BadgeEarned, _badge),
    BadgeRevoked.tag: (BadgeRevoked, _revoked),
    AssetMinted.tag: (AssetMinted, _asset),
    AssetTransferred.tag: (AssetTransferred, _asset),
    AssetBurned.tag: (AssetBurned, _asset),
    ChallengeCompleted.tag: (ChallengeCompleted, _challenge),
    RewardClaimed.tag: (_claimed, _reward),
    RewardCancelled.tag: (RewardCancelled, _cancelled),
    GiftRedeemed.tag: (GiftRedeemed, _gift),
    StreakExtended.tag: (StreakExtended, _extended),
    StreakBroken.tag: (StreakBroken, _streak),
    StreakCorrected.tag: (StreakCorrected, _streak),
    FreezeUsed.tag: (FreezeUsed, _streak),
    RankPrize.tag: (RankPrize, _plainly),
    Skipped.tag: (Skipped, _skipped),
}
