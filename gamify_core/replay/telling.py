"""A backtest, told to people: tables and sentences, no wider than a page."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gamify_core.domain.decimals import worth

if TYPE_CHECKING:
    from decimal import Decimal

    from gamify_core.domain.decimals import Amount
    from gamify_core.replay.changes import (
        BadgeChange,
        CauseChange,
        CurrencyChange,
        Example,
        NotRepeated,
        RankChange,
        RewardChange,
        SkipChange,
        StreakChange,
        TierChange,
    )
    from gamify_core.replay.report import Backtest, Difference

__all__ = ["FIXED", "both", "difference_lines", "example_lines", "report_lines"]

FIXED = (
    "Behaviour is held fixed: people did what they did, whatever they would have done under other rules. "
    "What was refused then is not in a history, so what would newly have been accepted is not told."
)
"""What every replay must say of itself."""
_SHOWN = 10
_PAIRS = 4
_MOVES = 5
_WIDTH = 88


def report_lines(report: Backtest) -> list[str]:
    """Return a whole report."""
    until = f" up to {report.until:%Y-%m-%d %H:%M} UTC" if report.until is not None else ""
    lines = [
        f"{_count(report.activities, 'command')}{until}, {_count(report.participants, 'participant')}, decided again"
    ]
    if report.same:
        lines += ["", "Nothing comes out otherwise."]
    else:
        for title, part in (
            ("What differs in the definitions", _changes(report.changes)),
            ("Points", _points(report.currencies)),
            ("What gave and took them", _causes(report.causes)),
            ("Badges", _badges(report.badges)),
            ("Tiers", _tiers(report.tiers)),
            ("Streaks", _streaks(report.streaks)),
            ("Ranks of all time", _ranks(report.ranks)),
            ("Rewards", _rewards(report.rewards)),
            ("Passed over by rules", _skips(report.skipped)),
            ("Would have been refused", _refused(report.refused)),
            ("Largest movers", _movers(report)),
        ):
            if part:
                lines += ["", title, *part]
    if costs := _costs(report.currencies):
        lines += ["", "What it costs", *costs]
    return [*lines, "", *_remarks(report)]


def _remarks(report: Backtest) -> list[str]:
    lines = list(_wrapped(FIXED))
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
            f"{_count(people, 'participant')} {verb} {worth(amount, one.currency)}"
            for people, verb, amount in (
                (one.gainers, "gain" if one.gainers != 1 else "gains", one.gained),
                (one.losers, "lose" if one.losers != 1 else "loses", one.lost),
            )
            if people
        ]
        if who:
            tails.append(f"  {', '.join(who)}")
    return [*_table(("", "then", "now", "change"), rows), *tails] if rows else []


def _costs(currencies: Sequence[CurrencyChange]) -> list[str]:
    rows = [
        [f"{one.currency} {what}, at {costs.each:g} each", _money(then), _money(now), _money(now - then, "+")]
        for one in currencies
        if (costs := one.costs) is not None
        for what, then, now in (
            ("spent", costs.spent_then, costs.spent_now),
            ("liability", costs.liability_then, costs.liability_now),
        )
    ]
    if not rows:
        return []
    return [
        *_table(("", "then", "now", "change"), rows),
        "  The liability is what is outstanding, were all of it spent.",
    ]


def _causes(causes: Sequence[CauseChange]) -> list[str]:
    differing = [one for one in causes if one.differs]
    rows = [
        [
            one.cause.replace(":", " "),
            one.currency or "",
            _plainly(one.points_then) if one.currency else "",
            _plainly(one.points_now) if one.currency else "",
            _signed(one.points_now - one.points_then) if one.currency else "",
            both(one.fired_then, one.fired_now),
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


def _streaks(streaks: Sequence[StreakChange]) -> list[str]:
    rows = [
        [one.streak, *(f"{n:,}" for n in (one.only_then, one.only_now, one.longer, one.shorter, one.records))]
        for one in streaks
        if one.only_then or one.only_now or one.longer or one.shorter or one.records
    ]
    heading = ("runs", "only then", "only now", "longer", "shorter", "other records")
    return _table(heading, rows) if rows else []


def _ranks(ranks: Sequence[RankChange]) -> list[str]:
    differing = [one for one in ranks if one.differs]
    rows = [
        [f"{one.scope} / {one.board}" if one.scope else one.board, *(f"{n:,}" for n in _counts(one))]
        for one in differing
    ]
    if not rows:
        return []
    lines = _table(("", "rise", "fall", "come", "go"), rows)
    for one in differing[:_SHOWN]:
        told = f"{one.board}, the farthest: {'; '.join(map(str, one.moves[:_MOVES]))}"
        lines += _wrapped(told, "  ", "    ")
    return lines


def _counts(one: RankChange) -> tuple[int, int, int, int]:
    return one.rose, one.fell, one.entered, one.left


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
    lines = [f"  {line}" for one in report.movers for line in difference_lines(one)]
    more = len(report.differences) - len(report.movers)
    return [*lines, f"  … and {_count(more, 'other')} for whom something is otherwise"] if more > 0 else lines


def difference_lines(one: Difference) -> list[str]:
    """Return what is otherwise for one participant: how much, of what, and the first command that came out so."""
    who = f"{one.scope} / {one.participant_id}" if one.scope else one.participant_id
    news = [f"{_signed(amount)} {currency}" for currency, amount in one.points.items() if amount]
    news += [f"badge {badge} gained" for badge in one.badges_gained]
    news += [f"badge {badge} lost" for badge in one.badges_lost]
    news += [f"{ladder} {then or 'none'} → {now or 'none'}" for ladder, then, now in one.tiers]
    news += [f"streak {code} {both(then, now)}" for code, then, now in one.streaks]
    news += [f"rank {board} {then or 'off'} → {now or 'off'}" for board, then, now in one.ranks]
    lines = [f"{who}: {', '.join(news) or 'claims are otherwise'}"]
    lines += [f"    {cause}" for cause in one.because[:_SHOWN]]
    if one.first is not None:
        lines += [f"    {line}" for line in example_lines(one.first)]
    return lines


def example_lines(one: Example) -> list[str]:
    """Return what a command brought about then and now, and why."""
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


def both(then: Amount, now: Amount) -> str:
    """Return `10 → 12`, or the number that is still the same."""
    return f"{_plainly(then)} → {_plainly(now)}" if then != now else _plainly(now)


def _plainly(number: Amount) -> str:
    return f"{number:,}".replace("-", "−")


def _money(amount: Decimal, sign: str = "") -> str:
    return f"{amount.normalize():{sign},f}".replace("-", "−")


def _signed(number: Amount) -> str:
    return f"{number:+,}".replace("-", "−")


def _count(number: int, one: str) -> str:
    return f"{number:,} {one if number == 1 else one + 's'}"
