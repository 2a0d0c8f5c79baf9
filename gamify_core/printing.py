"""Effects as a person would want to read them: one line each, a badge with the points that it gives."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from gamify_core.domain.decimals import worth
from gamify_core.domain.zones import zone
from gamify_core.effects import (
    STAYS,
    AssetBurned,
    AssetMinted,
    AssetTransferred,
    BadgeEarned,
    BadgeMerged,
    BadgeRevoked,
    ChallengeCompleted,
    Effect,
    FreezeUsed,
    GiftRedeemed,
    HistoryMerged,
    HoldEnded,
    HoldPlaced,
    PendingCancelled,
    PointsAwarded,
    PointsDeducted,
    PointsExpired,
    PointsMerged,
    PointsPending,
    PointsReversed,
    RewardCancelled,
    RewardClaimed,
    Skipped,
    StreakBroken,
    StreakCorrected,
    StreakExtended,
    TierChanged,
)
from gamify_core.errors import NotFound

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog

__all__ = ["lines_of"]

_UNITS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}


def lines_of(effects: Iterable[Effect], catalog: Catalog, participant_id: str) -> list[str]:
    """Return the lines of an answer about a participant; what happened to another names them."""
    left = list(effects)
    lines = []
    while left:
        effect = left.pop(0)
        label, value = _line(effect, left, catalog)
        if effect.participant_id != participant_id:
            value = f"{value}, {effect.participant_id}".removeprefix(", ")
        lines.append(f"  {label:<23} {value}".rstrip())
    return lines


def _line(effect: Effect, rest: list[Effect], catalog: Catalog) -> tuple[str, str]:  # noqa: C901, PLR0911, PLR0912 - one for each kind
    why = effect.cause.replace(":", " ") if effect.cause not in {"direct", "criteria", "goals"} else ""
    match effect:
        case PointsAwarded(amount=amount, currency=currency, base=base):
            told = why if base is None else f"{why} ({base:,} multiplied)".strip()
            return worth(amount, currency, "+"), told
        case PointsDeducted(amount=amount, currency=currency):
            return worth(amount, currency, "−"), why
        case PointsReversed(amount=amount, currency=currency):
            back = worth(amount, currency, "+") if amount > 0 else worth(-amount, currency, "−")
            return back, "taken back"
        case PointsExpired(amount=amount, currency=currency):
            return worth(amount, currency, "−"), "lapsed"
        case PointsPending(amount=amount, currency=currency, matures_at=matures):
            told = f"count from {_when(matures, catalog)}" if matures is not None else ""
            return f"{worth(amount, currency)} pending", ", ".join(filter(None, [why, told]))
        case PendingCancelled(amount=amount, currency=currency):
            return f"{worth(amount, currency)} pending", "taken back"
        case HoldPlaced(amount=amount, currency=currency):
            return worth(amount, currency), "held"
        case HoldEnded(amount=amount, currency=currency, outcome=outcome):
            return worth(amount, currency), "not held any more" if outcome != "expired" else "hold expired"
        case BadgeEarned(code=code, name=name):
            return f"badge {name}", _given(f"badge:{code}", rest)
        case ChallengeCompleted(code=code, name=name):
            return f"challenge {name}", ", ".join(
                filter(None, ["completed", _given(f"challenge:{code}", rest)])
            )
        case PointsMerged(amount=amount, currency=currency, source_id=source, earned=earned, spent=spent):
            told = f"of {source}, earned {earned:,}, spent {spent:,}"
            return worth(amount, currency, "+") if amount >= 0 else worth(-amount, currency, "−"), told
        case BadgeMerged(name=name, source_id=source, duplicate=duplicate):
            return f"badge {name}", f"of {source}{', held already' if duplicate else ''}"
        case HistoryMerged(what=what, count=count, source_id=source):
            return f"{count:,} {what if count != 1 else what.removesuffix('s')}", f"of {source}"
        case BadgeRevoked(name=name):
            return f"badge {name}", "taken back"
        case TierChanged(ladder=ladder, name=name, previous_name=previous):
            return f"{ladder} {previous or 'none'} → {name or 'none'}", ""
        case StreakExtended(streak=streak) | StreakBroken(streak=streak) | StreakCorrected(streak=streak):
            return f"streak {streak}", _run(effect, catalog)
        case FreezeUsed(streak=streak, period=period):
            return f"streak {streak}", f"a freeze stands in for {period}"
        case GiftRedeemed(gift_id=gift_id):
            return f"gift {gift_id}", ", ".join(filter(None, ["redeemed", _given(f"gift:{gift_id}", rest)]))
        case RewardClaimed(name=name, points_deducted=cost, code_value=code):
            parts = why, f"for {cost:,}" if cost else "", f"code {code}" if code is not None else ""
            return f"reward {name}", ", ".join(filter(None, parts))
        case RewardCancelled(name=name):
            return f"reward {name}", "taken back"
        case AssetMinted(badge=code, edition=edition) | AssetBurned(badge=code, edition=edition):
            done = "minted" if isinstance(effect, AssetMinted) else "burnt"
            return f"asset {code} #{edition}", f"{done} {why}".rstrip()
        case AssetTransferred(badge=code, edition=edition, sender_id=sender):
            return f"asset {code} #{edition}", f"from {sender}"
        case Skipped(effect=what, code=code, message=message) if code in STAYS:
            return f"{what} stays", message
        case Skipped(effect=what, message=message):
            return f"{why} skipped {what}".strip(), message
        case _:
            return effect.tag.replace("_", " "), why


def _given(cause: str, rest: list[Effect]) -> str:
    """Return what a badge or a challenge gives, a number and points, and take those effects off the rest."""
    gains = []
    while rest and (gain := rest[0]).cause == cause and isinstance(gain, AssetMinted | PointsAwarded):
        gains.append(
            f"#{gain.edition}" if isinstance(gain, AssetMinted) else worth(gain.amount, gain.currency, "+")
        )
        del rest[0]
    return ", ".join(gains)


def _run(effect: StreakExtended | StreakBroken | StreakCorrected, catalog: Catalog) -> str:
    try:
        unit = _UNITS.get(catalog.streak(effect.streak).period, "period")
    except NotFound:
        unit = "period"

    def length(count: int) -> str:
        return f"{count} {unit}" if count == 1 else f"{count:,} {unit}s"

    match effect:
        case StreakBroken():
            return f"broken after {length(effect.count)}"
        case StreakExtended():
            alive = (
                f", alive until {_when(effect.expires_at, catalog)}" if effect.expires_at is not None else ""
            )
            return f"{length(effect.count)}{alive}"
    returned = _freezes(effect.freezes_returned)
    if effect.count != effect.previous_count:
        return f"corrected from {length(effect.previous_count)} to {length(effect.count)}{returned}"
    return f"corrected in the past, longest {length(effect.longest)}{returned}"


def _freezes(returned: int) -> str:
    if not returned:
        return ""
    noun = "freeze" if abs(returned) == 1 else "freezes"
    return f", {abs(returned)} {noun} {'returned' if returned > 0 else 'used'}"


def _when(instant: datetime, catalog: Catalog) -> str:
    local = instant.astimezone(zone(catalog.timezone))
    return f"{local.day} {local:%b %H:%M}"
