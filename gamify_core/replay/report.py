"""What a backtest found: what another catalog would have made of the same history, as data and for people."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from gamify_core.clock import iso

__all__ = [
    "Backtest",
    "BadgeChange",
    "CauseChange",
    "CurrencyChange",
    "Difference",
    "Example",
    "NotRepeated",
    "RewardChange",
    "SkipChange",
    "TierChange",
]

_SHOWN = 10
_PAIRS = 4
_WIDTH = 88
_FIXED = (
    "Behaviour is held fixed: people did what they did, whatever they would have done under other rules. "
    "What was refused then is not in a history, so what would newly have been accepted is not told."
)


@attrs.frozen
class Example:
    """One command that came out otherwise: what it brought about then and now, and why, where that can be told."""

    activity_id: int
    scope: str
    participant_id: str
    kind: str
    occurred_at: datetime
    request: Mapping[str, object]
    then: tuple[str, ...]
    now: tuple[str, ...]
    why: str

    def __str__(self) -> str:
        """Return the command, and what it brought about then and now."""
        return "\n".join(_example(self))

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            **attrs.asdict(self, recurse=False),
            "occurred_at": iso(self.occurred_at),
            "request": dict(self.request),
            "then": list(self.then),
            "now": list(self.now),
        }


@attrs.frozen
class CauseChange:
    """What one cause (`rule:lesson`, `badge:first`) gave and took in one currency, and how often, then and now.

    `fired_*` is how many events a rule did something for; of other causes, how many movements there were.
    """

    cause: str
    currency: str | None
    fired_then: int
    fired_now: int
    points_then: int
    points_now: int
    example: Example | None = None

    @property
    def differs(self) -> bool:
        """Whether anything is otherwise."""
        return (self.fired_then, self.points_then) != (self.fired_now, self.points_now)

    def __str__(self) -> str:
        """Return `rule lesson: 190 → 310 points, 10 → 12 times`."""
        times = f"{_both(self.fired_then, self.fired_now)} times"
        points = f"{_both(self.points_then, self.points_now)} {self.currency}, " if self.currency else ""
        return f"{self.cause.replace(':', ' ')}: {points}{times}"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        example = self.example.to_dict() if self.example is not None else None
        return {**attrs.asdict(self, recurse=False), "example": example}


@attrs.frozen
class CurrencyChange:
    """A currency as a whole: the cost (what was issued), what was spent, what is outstanding; who gains and loses."""

    currency: str
    issued_then: int
    issued_now: int
    spent_then: int
    spent_now: int
    outstanding_then: int
    outstanding_now: int
    gainers: int
    gained: int
    losers: int
    lost: int

    @property
    def differs(self) -> bool:
        """Whether anything is otherwise."""
        return bool(
            self.gainers
            or self.losers
            or self.issued_then != self.issued_now
            or self.spent_then != self.spent_now
            or self.outstanding_then != self.outstanding_now
        )

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return attrs.asdict(self)


@attrs.frozen
class BadgeChange:
    """How many hold a badge in both, only as it was, and only under the other catalog."""

    badge: str
    both: int
    only_then: int
    only_now: int

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return attrs.asdict(self)


@attrs.frozen
class TierChange:
    """How many stand on another rung: from which (as it was) to which. None is no rung."""

    ladder: str
    then: str | None
    now: str | None
    participants: int

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return attrs.asdict(self)


@attrs.frozen
class RewardChange:
    """How many claims of a reward stand."""

    reward: str
    claims_then: int
    claims_now: int

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return attrs.asdict(self)


@attrs.frozen
class SkipChange:
    """How often a cause passed something over, for a cap, a limit or a stock, say."""

    cause: str
    effect: str
    code: str
    times_then: int
    times_now: int

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return attrs.asdict(self)


@attrs.frozen
class NotRepeated:
    """A command that was accepted then and would not be now, and why."""

    activity_id: int
    scope: str
    participant_id: str | None
    kind: str
    occurred_at: datetime
    code: str
    detail: str

    def __str__(self) -> str:
        """Return `ada, rewards.claim of 3 March 09:00: Insufficient points. …`."""
        who = f"{self.participant_id}, " if self.participant_id is not None else ""
        return f"{who}{self.kind} of {self.occurred_at:%Y-%m-%d %H:%M}: {self.detail}"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {**attrs.asdict(self, recurse=False), "occurred_at": iso(self.occurred_at)}


@attrs.frozen
class Difference:
    """What is otherwise for one participant.

    `points` is by currency what rules, badges and the like would have given more (below zero: less); what was paid for
    rewards is no part of it, and that the same sum came of other causes makes no difference. `because` tells which
    causes, the largest first; `first` is the first command of theirs that came out otherwise.
    """

    scope: str
    participant_id: str
    points: Mapping[str, int]
    because: tuple[CauseChange, ...]
    badges_gained: tuple[str, ...]
    badges_lost: tuple[str, ...]
    tiers: tuple[tuple[str, str | None, str | None], ...]
    given_last: Mapping[str, datetime]
    first: Example | None = None

    @property
    def size(self) -> int:
        """How many points it is about, up or down."""
        return sum(map(abs, self.points.values()))

    def __str__(self) -> str:
        """Return who, how much, and why."""
        return "\n".join(_difference(self))

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "scope": self.scope,
            "participant_id": self.participant_id,
            "points": dict(self.points),
            "because": [one.to_dict() for one in self.because],
            "badges_gained": list(self.badges_gained),
            "badges_lost": list(self.badges_lost),
            "tiers": [{"ladder": ladder, "then": then, "now": now} for ladder, then, now in self.tiers],
            "first": self.first.to_dict() if self.first is not None else None,
        }


@attrs.frozen
class Backtest:
    """What another catalog would have made of a recorded history.

    `id` names it: the same history under the same catalog has the same. `differences` are all participants for whom
    something is otherwise, those with the largest sums first; the first `top` of them have their `first` example.
    `refused` are commands that could not be carried out any more, `overruled` edits of definitions that the catalog
    now makes itself. `erased` commands lost their words with a person and were passed over; those people are left out,
    and `entangled` others, with whom they dealt. `digest` and `activities` say which history it was.
    """

    id: str
    catalog: str | None
    activities: int
    digest: str
    until: datetime | None
    participants: int
    changes: tuple[str, ...]
    currencies: tuple[CurrencyChange, ...]
    causes: tuple[CauseChange, ...]
    badges: tuple[BadgeChange, ...]
    tiers: tuple[TierChange, ...]
    rewards: tuple[RewardChange, ...]
    skipped: tuple[SkipChange, ...]
    refused: tuple[NotRepeated, ...]
    overruled: tuple[NotRepeated, ...]
    differences: tuple[Difference, ...]
    top: int
    erased: int
    entangled: int

    @property
    def same(self) -> bool:
        """Whether nothing is otherwise: no point, no badge, no rung, no claim, no firing, no refusal."""
        return not (
            self.differences
            or self.refused
            or any(one.differs for one in self.currencies)
            or any(one.differs for one in self.causes)
            or any(one.only_then or one.only_now for one in self.badges)
            or any(one.claims_then != one.claims_now for one in self.rewards)
            or any(one.times_then != one.times_now for one in self.skipped)
        )

    @property
    def movers(self) -> tuple[Difference, ...]:
        """The participants for whom most is otherwise."""
        return self.differences[: self.top]

    def __str__(self) -> str:
        """Return the report for people."""
        return "\n".join(_lines(self))

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON; of the differences those of the largest movers."""
        return {
            "id": self.id,
            "catalog": self.catalog,
            "activities": self.activities,
            "until": iso(self.until) if self.until is not None else None,
            "participants": self.participants,
            "same": self.same,
            "changes": list(self.changes),
            "currencies": [one.to_dict() for one in self.currencies],
            "causes": [one.to_dict() for one in self.causes],
            "badges": [one.to_dict() for one in self.badges],
            "tiers": [one.to_dict() for one in self.tiers],
            "rewards": [one.to_dict() for one in self.rewards],
            "skipped": [one.to_dict() for one in self.skipped],
            "refused": [one.to_dict() for one in self.refused],
            "overruled": [one.to_dict() for one in self.overruled],
            "participants_differing": len(self.differences),
            "movers": [one.to_dict() for one in self.movers],
            "erased": self.erased,
            "entangled": self.entangled,
            "note": _FIXED,
        }


# -- for people ---------------------------------------------------------------------------------------------------


def _lines(report: Backtest) -> list[str]:
    until = f" up to {report.until:%Y-%m-%d %H:%M} UTC" if report.until is not None else ""
    lines = [
        f"{_count(report.activities, 'command')}{until}, {_count(report.participants, 'participant')}, decided again"
    ]
    if report.same:
        lines += ["", "Nothing comes out otherwise."]
    else:
        for title, part in (
            (
                "What differs in the definitions",
                [line for change in report.changes for line in _wrapped(change, "  ", "    ")],
            ),
            ("Points", _points(report.currencies)),
            ("What gave and took them", _causes(report.causes)),
            ("Badges", _badges(report.badges)),
            ("Tiers", _tiers(report.tiers)),
            ("Rewards", _rewards(report.rewards)),
            ("Passed over by rules", _skips(report.skipped)),
            ("Would have been refused", _refused(report.refused)),
            ("Largest movers", _movers(report)),
        ):
            if part:
                lines += ["", title, *part]
    return [*lines, "", *_remarks(report)]


def _remarks(report: Backtest) -> list[str]:
    lines = list(_wrapped(_FIXED))
    if report.overruled:
        edits = _count(len(report.overruled), "edit")
        lines += _wrapped(
            f"{edits} of definitions at run time went over what the catalog defines itself now."
        )
    if report.erased:
        others = f", and {_count(report.entangled, 'other')} whom they dealt with" if report.entangled else ""
        commands = _count(report.erased, "command")
        lines += _wrapped(f"{commands} of erased people cannot be decided again: they are left out{others}.")
    return lines


def _changes(changes: Sequence[str]) -> list[str]:
    return [line for change in changes for line in _wrapped(change, "  ", "    ")]


def _points(currencies: Sequence[CurrencyChange]) -> list[str]:
    rows: list[list[str]] = []
    tails = []
    for one in currencies:
        if not one.differs:
            continue
        for what, then, now in (
            ("issued", one.issued_then, one.issued_now),
            ("spent", one.spent_then, one.spent_now),
            ("outstanding", one.outstanding_then, one.outstanding_now),
        ):
            rows.append([f"{one.currency} {what}", f"{then:,}", f"{now:,}", _signed(now - then)])
        who = [
            f"{_count(people, 'participant')} {verb} {amount:,}"
            for people, verb, amount in (
                (one.gainers, "gain" if one.gainers != 1 else "gains", one.gained),
                (one.losers, "lose" if one.losers != 1 else "loses", one.lost),
            )
            if people
        ]
        if who:
            tails.append(f"  {', '.join(who)} {one.currency}")
    return [*_table(("", "then", "now", "change"), rows), *tails] if rows else []


def _causes(causes: Sequence[CauseChange]) -> list[str]:
    differing = [one for one in causes if one.differs]
    rows = [
        [
            one.cause.replace(":", " "),
            one.currency or "",
            f"{one.points_then:,}" if one.currency else "",
            f"{one.points_now:,}" if one.currency else "",
            _signed(one.points_now - one.points_then) if one.currency else "",
            _both(one.fired_then, one.fired_now),
        ]
        for one in differing
    ]
    if not rows:
        return []
    lines = _table(("", "", "then", "now", "change", "times"), rows)
    for one in differing[:_SHOWN]:
        if one.example is not None and one.example.why:
            told = f"{one.cause.replace(':', ' ')}, for one: {_called(one.example)}: {one.example.why}"
            lines += _wrapped(told, "  ", "    ")
    return lines


def _badges(badges: Sequence[BadgeChange]) -> list[str]:
    rows = [
        [one.badge, f"{one.both:,}", f"{one.only_then:,}", f"{one.only_now:,}"]
        for one in badges
        if one.only_then or one.only_now
    ]
    return _table(("", "both", "only then", "only now"), rows) if rows else []


def _tiers(tiers: Sequence[TierChange]) -> list[str]:
    rows = [
        [f"{one.ladder} {one.then or 'none'} → {one.now or 'none'}", f"{one.participants:,}"] for one in tiers
    ]
    return _table(("", "participants"), rows) if rows else []


def _rewards(rewards: Sequence[RewardChange]) -> list[str]:
    rows = [
        [one.reward, f"{one.claims_then:,}", f"{one.claims_now:,}"]
        for one in rewards
        if one.claims_then != one.claims_now
    ]
    return _table(("", "claims then", "now"), rows) if rows else []


def _skips(skipped: Sequence[SkipChange]) -> list[str]:
    rows = [
        [
            f"{one.cause.replace(':', ' ')}, {one.effect}",
            one.code,
            f"{one.times_then:,}",
            f"{one.times_now:,}",
        ]
        for one in skipped
        if one.times_then != one.times_now
    ]
    return _table(("", "", "then", "now"), rows) if rows else []


def _refused(refused: Sequence[NotRepeated]) -> list[str]:
    lines = [line for one in refused[:_SHOWN] for line in _wrapped(str(one), "  ", "    ")]
    more = len(refused) - _SHOWN
    return [*lines, f"  … and {more:,} more"] if more > 0 else lines


def _movers(report: Backtest) -> list[str]:
    lines = [f"  {line}" for one in report.movers for line in _difference(one)]
    more = len(report.differences) - len(report.movers)
    return [*lines, f"  … and {_count(more, 'other')} for whom something is otherwise"] if more > 0 else lines


def _difference(one: Difference) -> list[str]:
    who = f"{one.scope} / {one.participant_id}" if one.scope else one.participant_id
    news = [f"{_signed(amount)} {currency}" for currency, amount in one.points.items() if amount]
    news += [f"badge {badge} gained" for badge in one.badges_gained]
    news += [f"badge {badge} lost" for badge in one.badges_lost]
    news += [f"{ladder} {then or 'none'} → {now or 'none'}" for ladder, then, now in one.tiers]
    lines = [f"{who}: {', '.join(news) or 'claims are otherwise'}"]
    lines += [f"    {cause}" for cause in one.because[:_SHOWN]]
    if one.first is not None:
        lines += [f"    {line}" for line in _example(one.first)]
    return lines


def _example(one: Example) -> list[str]:
    lines = [f"first {_called(one)}"]
    for when, effects in (("then", one.then), ("now ", one.now)):
        lines += _wrapped(f"{when}  {'; '.join(effects) or 'nothing'}", "  ", "        ")
    if one.why:
        lines += _wrapped(one.why, "  ", "    ")
    return lines


def _called(one: Example) -> str:
    """Return what a command was: `lesson_finished score=97`."""
    request = dict(one.request)
    given: Any = request.get("properties") or {}
    name = str(request.get("event_name", one.kind))
    pairs = [f"{key}={value}" for key, value in given.items()]
    return " ".join([name, *pairs[:_PAIRS], *["…"] * (len(pairs) > _PAIRS)])


def _wrapped(text: str, indent: str = "", further: str = "") -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=further)


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table; all but the first column stand right."""
    kept = [n for n in range(len(heading)) if any(row[n] for row in rows)]
    widths = [max(len(row[n]) for row in (heading, *rows)) for n in kept]
    lines = []
    for row in (heading, *rows):
        cells = [f"{row[n]:{'<' if not n else '>'}{width}}" for n, width in zip(kept, widths, strict=True)]
        lines.append(f"  {'  '.join(cells)}".rstrip())
    return lines


def _both(then: int, now: int) -> str:
    return f"{then:,} → {now:,}" if then != now else f"{now:,}"


def _signed(number: int) -> str:
    return f"{number:+,}".replace("-", "−")


def _count(number: int, one: str) -> str:
    return f"{number:,} {one if number == 1 else one + 's'}"
