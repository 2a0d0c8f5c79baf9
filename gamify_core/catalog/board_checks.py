"""Whether a leaderboard makes sense: its periods and seasons, when it closes, and what its ranks give.

Promise: each fault stands at the field that has to change, with what to write there; a field that is unsound by itself
is not looked at again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, get_args

from gamify_core.catalog import definitions as d
from gamify_core.catalog import values
from gamify_core.catalog.conversions import GIVEN, ranks
from gamify_core.catalog.findings import Findings, shown
from gamify_core.catalog.gift_checks import NOTHING, check_gift, unknown_gifts
from gamify_core.catalog.keys import misshapen
from gamify_core.domain.periods import Kind, rolling

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gamify_core.catalog.known import Known
    from gamify_core.catalog.values import Problem

__all__ = ["check_board", "check_prizes_shape", "check_seasons_shape"]

_DEEPEST: Final = 10_000
_RANKS: Final = f"write 1 or 2-3, from 1 to {_DEEPEST}, the better rank first"

Fault = tuple[str, str, str]


def check_seasons_shape(findings: Findings, path: str, seasons: tuple[object, ...]) -> None:
    """Check the names of seasons and that they follow each other."""
    before: d.Season | None = None
    seen = set()
    for season in seasons:
        if not isinstance(season, d.Season):
            remedy = "write { spring = { starts = 2026-03-01, ends = 2026-06-01 } }"
            span = ("starts", "ends")
            misshapen(findings, path, season, "a season", remedy, span, span)
            continue
        if problem := _name(season.code):
            findings.fault(path, *problem)
            continue
        where = f"{path}.{season.code}"
        if season.code in seen:
            findings.fault(where, f"the season {season.code!r} stands twice", "give each a name of its own")
        seen.add(season.code)
        for field in ("starts", "ends"):
            if problem := _edge(getattr(season, field)):
                findings.fault(f"{where}.{field}", *problem)
        if not findings.sound(where):
            before = None
            continue
        if _later(season.starts, season.ends):
            findings.fault(
                f"{where}.ends", "the season ends before it starts", "the end lies after the start"
            )
        elif before is not None and _later(before.ends, season.starts, alike=False):
            message = f"{season.code} starts before {before.code} ends"
            findings.fault(f"{where}.starts", message, "one season runs at a time")
        before = season


def _name(value: object) -> Problem | None:
    if value == "previous":
        return values.Problem("'previous' asks for the season before", "give the season another name")
    if isinstance(value, str) and (value in get_args(Kind) or rolling(value) is not None):
        return values.Problem(f"{value!r} is what a window of time is called", "give the season another name")
    return values.code(value)


def _edge(value: object) -> Problem | None:
    if isinstance(value, datetime):
        return values.instant(value)
    if isinstance(value, date):
        return None
    return values.Problem(
        f"{shown(value)} is not a date", "write 2026-03-01, or an instant with its time zone"
    )


def _later(one: date | datetime, other: date | datetime, *, alike: bool = True) -> bool:
    """Say whether one edge does not come before the other; a date and an instant are held together by the day."""
    if isinstance(one, datetime) != isinstance(other, datetime):
        one, other = (each.date() if isinstance(each, datetime) else each for each in (one, other))
        return one > other
    return one >= other if alike else one > other


def check_prizes_shape(findings: Findings, path: str, prizes: tuple[object, ...]) -> None:
    """Check the ranks that prizes are for and what kind of things they give."""
    last = 0
    for prize in prizes:
        if not isinstance(prize, d.Prize):
            _no_prize(findings, path, prize)
            continue
        where = f"{path}.{prize.first}"
        sound = all(type(rank) is int and 1 <= rank <= _DEEPEST for rank in (prize.first, prize.last))
        if not sound or prize.first > prize.last:
            message = f"{shown(f'{prize.first}-{prize.last}')} are not ranks"
            findings.fault(path, message, _RANKS)
            continue
        where = f"{path}.{prize.ranks}"
        if prize.first <= last:
            findings.fault(where, f"rank {prize.first} stands twice", "write each rank once")
        elif not (prize.points or prize.badge or prize.reward):
            findings.fault(where, *NOTHING)
        last = max(last, prize.last)
        check_gift(findings, where, prize)


def _no_prize(findings: Findings, path: str, value: object) -> None:
    """Say what is wrong with what was to be a prize, and is none."""
    if isinstance(value, Mapping) and len(value) == 1 and ranks(key := next(iter(value))) is None:
        findings.fault(path, f"{shown(key)} are not ranks", _RANKS)
        return
    remedy = 'write { 1 = 500, "2-3" = { badge = "podium" } }'
    misshapen(findings, path, value, "a prize", remedy, GIVEN)


def check_board(findings: Findings, known: Known, path: str, board: d.Leaderboard) -> None:
    """Check what the fields of a board say together."""
    if not findings.sound(f"{path}.period") or not findings.sound(f"{path}.periods"):
        return
    faults = [_periods(board), _least(known, board), _grouped(board), _closing(board)]
    if findings.sound(f"{path}.prizes"):  # else what they give need not be names that can be looked up
        faults.append(_gifts(known, board))
    for field, message, remedy in (fault for group in faults for fault in group):
        if findings.sound(f"{path}.{field}"):
            findings.fault(f"{path}.{field}", message, remedy)


def _periods(board: d.Leaderboard) -> Iterator[Fault]:
    if "days" in board.periods and board.days is None:
        yield "days", "periods of so many days need their number", "write days = 14, say"
    for field in ("days", "anchor"):
        if "days" not in board.periods and getattr(board, field) is not None:
            yield field, f"a board without such periods has no {field}", 'write period = "days"'
    if "season" in board.periods and not board.seasons:
        remedy = "write seasons = { spring = { starts = 2026-03-01, ends = 2026-06-01 } }, say"
        yield "seasons", "a board of seasons needs some", remedy
    if "season" not in board.periods and board.seasons:
        yield "seasons", "a board without that period has no seasons", 'write period = "season"'


def _least(known: Known, board: d.Leaderboard) -> Iterator[Fault]:
    if board.min_score is None or values.score(board.min_score):
        return
    exponent = Decimal(board.min_score).as_tuple().exponent
    scale = known.scales.get(board.metric, 0)
    if isinstance(exponent, int) and -exponent > scale:
        told = f"no more than {scale} decimals" if scale else "no decimals"
        yield "min_score", f"{board.metric} has {told}", "write a score that the metric can have"


def _grouped(board: d.Leaderboard) -> Iterator[Fault]:
    if board.group_by is None and board.group_score != "sum":
        yield "group_score", "there are no groups", 'write group_by = "team", say'


def _closing(board: d.Leaderboard) -> Iterator[Fault]:
    ends = [period for period in board.periods if period != "all_time" and rolling(period) is None]
    if board.finalize_after is not None and not ends:
        yield "finalize_after", "no period of the board ever ends", 'write period = "weekly", say'
    if not board.prizes:
        return
    if board.finalize_after is None:
        yield "finalize_after", "prizes are paid when a period is final", 'write finalize_after = "12h", say'
    elif board.period not in ends:
        yield "prizes", f"the period {board.period} never ends", 'write period = "weekly", say'


def _gifts(known: Known, board: d.Leaderboard) -> Iterator[Fault]:
    for prize in board.prizes:
        yield from (("prizes", *problem) for problem in unknown_gifts(known, prize))
