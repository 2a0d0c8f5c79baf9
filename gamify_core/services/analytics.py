"""`engine.analytics`: how points and gifts flow within a window of time, and who owns what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal, get_args, overload

import attrs

from gamify_core import border
from gamify_core.catalog.nearest import nearest
from gamify_core.clock import instant_of, iso
from gamify_core.domain.decimals import Amount, exact, plain
from gamify_core.domain.periods import Calendar
from gamify_core.domain.windows import length
from gamify_core.errors import BadValue, NotFound, in_words
from gamify_core.exactly import exactly
from gamify_core.road.gifts import REDEEMED
from gamify_core.services.access import Access
from gamify_core.services.flows import Kind, Period, flows
from gamify_core.services.liabilities import By, Liability, liability
from gamify_core.services.ownership import Ownership, ownership
from gamify_core.services.reading import Snapshot, snapshot
from gamify_core.storage.tables.gifts import SCORE, SCORE_BY_ACTION, ScoreRow

if TYPE_CHECKING:
    from gamify_core.storage.protocol import Key, Reader

__all__ = [
    "Analytics",
    "FlowAudit",
    "FlowDay",
    "FlowSummary",
    "GiftAudit",
    "GiftDay",
    "GiftSummary",
    "Window",
]

Window = str | tuple[datetime, datetime]
"""So long until now (`"7d"`), or from one aware datetime until before another."""

_GIFTS = "gifts_redeemed"
_DAILY = Calendar("daily")
_AT_ONCE = 500
_TAKEN: tuple[Kind, ...] = ("spent", "expired", "erased")


@attrs.frozen
class GiftSummary:
    """Gifts in all, whatever they gave; `total_value` is what they gave in points.

    `top_tier` is the label of most of them (of two with as many, the one of more points). `by_currency` has what was
    given in all, by the code of each currency (or of the metric that a score was posted to): unlike things, which do
    not add up.
    """

    total_gifts: int
    total_value: int
    unique_recipients: int
    top_tier: str | None
    by_currency: Mapping[str, Amount] = attrs.field(factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Return the document's summary, which knows points alone."""
        return attrs.asdict(self, filter=lambda field, _: field.name != "by_currency")


@attrs.frozen
class GiftDay:
    """Gifts of one day; `value` is what they gave in points."""

    date: date
    count: int
    value: int

    def to_dict(self) -> dict[str, object]:
        """Return the document's day."""
        return {"date": self.date.isoformat(), "count": self.count, "value": self.value}


@attrs.frozen
class GiftAudit:
    """What was redeemed within a window of time; `daily` has the days on which something was, newest first."""

    window: str
    summary: GiftSummary
    daily: tuple[GiftDay, ...]
    metric: str = _GIFTS
    type: str = "currency"

    def to_dict(self) -> dict[str, object]:
        """Return the document's audit."""
        return _audit(self)


@attrs.frozen
class FlowSummary:
    """How a currency flowed.

    `issued` was awarded, `spent` deducted, `transferred` passed from one participant to another; `expired` lapsed;
    `reversed` is signed, below zero where more awards than deductions were taken back; `erased` went with deleted
    people, and is below zero where that was debts. `net` is by how much all wallets together changed, and `by_reason`
    says what made it so: what was issued, less what was taken, by the cause (`rule:lesson`, `gift:gift_17`, `erased`)
    or by the reason that a direct call gave (else `direct`).
    """

    issued: Amount
    spent: Amount
    transferred: Amount
    expired: Amount
    reversed: Amount
    erased: Amount
    net: Amount
    unique_recipients: int
    by_reason: Mapping[str, Amount]

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        told = {name: plain(value) for name, value in attrs.asdict(self).items()}
        return {**told, "by_reason": {reason: plain(amount) for reason, amount in self.by_reason.items()}}


@attrs.frozen
class FlowDay:
    """How a currency flowed on one day."""

    date: date
    issued: Amount
    spent: Amount
    transferred: Amount
    expired: Amount
    reversed: Amount
    erased: Amount

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        told = {name: plain(value) for name, value in attrs.asdict(self).items()}
        return {**told, "date": self.date.isoformat()}


@attrs.frozen
class FlowAudit:
    """How a currency flowed within a window of time; `daily` has the days on which it did, newest first."""

    metric: str
    window: str
    summary: FlowSummary
    daily: tuple[FlowDay, ...]
    type: str = "currency"

    def __str__(self) -> str:
        """Return `points, 7d: issued 100, spent 30, net 70`: what there was of each kind, and what that came to."""
        amounts = [(kind, getattr(self.summary, kind)) for kind in get_args(Kind)]
        told = [f"{kind} {amount:,}" for kind, amount in amounts if amount]
        return f"{self.metric}, {self.window}: {', '.join([*told, f'net {self.summary.net:,}'])}"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON, in the shape of the document's audit."""
        return _audit(self)


def _audit(audit: GiftAudit | FlowAudit) -> dict[str, object]:
    return {
        "type": audit.type,
        "metric": audit.metric,
        "window": audit.window,
        "summary": audit.summary.to_dict(),
        "daily": [day.to_dict() for day in audit.daily],
    }


class Analytics:
    """What happened in all: currencies, gifts and ownership."""

    def __init__(self, access: Access) -> None:
        """Hang off an engine."""
        self._access = access

    @overload
    def currency(self, metric: Literal["gifts_redeemed"], window: Window) -> GiftAudit: ...

    @overload
    def currency(self, metric: Literal["points"], window: Window) -> FlowAudit: ...

    @overload
    def currency(self, metric: str, window: Window) -> GiftAudit | FlowAudit: ...

    def currency(self, metric: str, window: Window) -> GiftAudit | FlowAudit:
        """Audit the gifts that were redeemed (`"gifts_redeemed"`), or the flow of a currency (`"points"`).

        `window` is how long until now (`"24h"`, `"7d"`, `"2w"`, `"3mo"`, `"1y"`), or two aware datetimes: from the
        first until before the second. What counts is when something occurred; days are those of the catalog's zone.
        It takes time with what the window holds, however long history is.
        Raises `BadValue` (window) and `NotFound` (metric).

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> _ = game.points.award("ada", 500, reason="Welcome")
        >>> _ = game.points.deduct("ada", 120, reason="Hat")
        >>> game.analytics.currency("points", "7d").to_dict()["summary"]["by_reason"]
        {'Welcome': 500, 'Hat': -120}
        """
        name = border.code(metric, "metric")
        with snapshot(self._access) as seen:
            if name != _GIFTS and name not in seen.plan.currencies:
                near = nearest(name, (_GIFTS, *sorted(seen.plan.currencies)))
                raise NotFound("metric", name[:100], f"Metric not found: {name:.100}", nearest=near)
            period, said = _period(window, seen)
            if name == _GIFTS:
                return _gifts(seen, period, said)
            return _flow(seen, name, period, said)

    def liability(self, currency: str = "points", *, by: By = "month") -> Liability:
        """Return what is out of a currency as of now, by the `"day"`, `"month"` or `"year"` in which it lapses.

        Periods are those of the catalog's zone. It goes through everybody in the scope. Raises `NotFound`, `BadValue`.

        >>> from gamify_core import Catalog, Engine, ManualClock
        >>> game = Engine(Catalog(), clock=ManualClock("2026-03-02T09:00+00:00"))
        >>> _ = game.points.award("ada", 100, expires="30d"), game.points.award("ada", 5)
        >>> owed = game.analytics.liability()
        >>> owed.outstanding, owed.never, owed.periods[0].period, owed.periods[0].amount
        (105, 5, '2026-04', 100)
        """
        code = border.code(currency, "currency")
        known: tuple[By, ...] = get_args(By)
        by = exactly(by)
        if not isinstance(by, str) or by not in known:
            detail = f"by must be one of {', '.join(known)}, not {in_words(by)}"
            raise BadValue("by", by, detail)
        with snapshot(self._access) as seen:
            seen.plan.catalog.currency(code)
            return liability(seen, code, by)

    def ownership(self, badge: str, *, limit: int = 100) -> Ownership:
        """Return who owns copies of a badge, newest acquisition first. Raises `NotFound`.

        >>> from gamify_core import Badge, Catalog, Engine
        >>> game = Engine(Catalog(badges=[Badge("genesis", max_supply=100)]))
        >>> _ = game.assets.mint("genesis", "ada")
        >>> game.analytics.ownership("genesis").total_minted
        1
        """
        return ownership(self._access, badge, limit)


def _period(window: object, seen: Snapshot) -> tuple[Period, str]:
    """Return the stretch of time that a window is, and how to call it."""
    window = exactly(window)
    if isinstance(window, str):
        # Up to and including now: what was written a moment ago is of the last seven days
        end = seen.as_of + 1
        asked = length(window)
        return Period(asked.before(end, seen.plan.zone), end), str(asked)
    edges = border.several(window, "window") if isinstance(window, tuple | list) else []
    if len(edges) != 2:  # noqa: PLR2004 - a beginning and an end
        detail = f"window must be text such as '7d' or two aware datetimes, not {in_words(window)}"
        raise BadValue("window", window, detail)
    start, end = (instant_of(each, "window") for each in edges)
    if end <= start:
        detail = f"window ends at {iso(end)}, which is not after its start at {iso(start)}"
        raise BadValue("window", window, detail)
    return Period(start, end), f"{iso(start)}/{iso(end)}"


def _day(seen: Snapshot, instant: int) -> date:
    return date.fromordinal(_DAILY.label(instant, seen.plan.zone))


# -- gifts ----------------------------------------------------------------------------------------------------


def _gifts(seen: Snapshot, period: Period, said: str) -> GiftAudit:
    counts: Counter[date] = Counter()
    values: Counter[date] = Counter()
    tiers: Counter[str] = Counter()
    worth: Counter[str] = Counter()
    people: set[int] = set()
    given: Counter[str] = Counter()
    for row in _redeemed(seen.reader, seen.access.scope, period):
        day = _day(seen, row.occurred_at)
        of = _given(row)
        points = row.value if of == "points" else 0
        given[of] += row.value
        counts[day] += 1
        values[day] += points
        people.add(row.participant)
        if row.tier is not None:
            tiers[row.tier] += 1
            worth[row.tier] += points
    top = max(sorted(tiers), key=lambda tier: (tiers[tier], worth[tier]), default=None)
    # What a score was posted to is a currency, or else a metric: the ledger's own are told by their currency
    by_currency = {of: exact(given[of], _scale(seen, of)) for of in sorted(given)}
    summary = GiftSummary(counts.total(), values.total(), len(people), top, by_currency)
    daily = tuple(GiftDay(day, counts[day], values[day]) for day in sorted(counts, reverse=True))
    return GiftAudit(said, summary, daily)


def _given(row: ScoreRow) -> str:
    """Return of what a score is: the currency whose wallet it moved, or a metric, which has no dot in its code."""
    currency, _, _ = row.metric.rpartition(".")
    return currency or row.metric


def _scale(seen: Snapshot, of: str) -> int:
    return seen.plan.catalog.scale(of) or seen.plan.scale(of)


def _redeemed(reader: Reader, scope: str, period: Period) -> Iterator[ScoreRow]:
    start: Key = (period.start,)
    while True:
        rows = reader.scan(
            SCORE, SCORE_BY_ACTION, (scope, REDEEMED), start=start, stop=(period.end,), limit=_AT_ONCE
        )
        yield from rows
        if len(rows) < _AT_ONCE:
            return
        start = (rows[-1].occurred_at, rows[-1].activity + 1)


# -- currencies -----------------------------------------------------------------------------------------------


def _flow(seen: Snapshot, currency: str, period: Period, said: str) -> FlowAudit:
    in_all: Counter[str] = Counter()
    days: dict[date, Counter[str]] = {}
    reasons: Counter[str] = Counter()
    people: set[int] = set()
    for flow in flows(seen.reader, seen.access.scope, currency, period):
        in_all[flow.kind] += flow.amount
        days.setdefault(_day(seen, flow.occurred_at), Counter())[flow.kind] += flow.amount
        if flow.kind == "issued":
            people.add(flow.participant)
        if flow.kind != "transferred":
            reasons[flow.reason] += -flow.amount if flow.kind in _TAKEN else flow.amount
    net = in_all["issued"] + in_all["reversed"] - sum(in_all[kind] for kind in _TAKEN)
    scale = seen.plan.catalog.scale(currency)
    by_reason = {reason: exact(n, scale) for reason, n in sorted(reasons.items(), key=_largest_first)}
    in_total = {"net": exact(net, scale), **_kinds(in_all, scale)}
    summary = FlowSummary(**in_total, unique_recipients=len(people), by_reason=by_reason)
    daily = tuple(FlowDay(day, **_kinds(days[day], scale)) for day in sorted(days, reverse=True))
    return FlowAudit(currency, said, summary, daily)


def _kinds(amounts: Counter[str], scale: int) -> dict[str, Amount]:
    return {kind: exact(amounts[kind], scale) for kind in get_args(Kind)}


def _largest_first(reason: tuple[str, int]) -> tuple[int, str]:
    return -reason[1], reason[0]
