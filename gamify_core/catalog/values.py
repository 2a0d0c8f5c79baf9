"""Checks of single values: each takes anything at all and answers with what is wrong, or None.

Promise: no check raises, whatever it is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple, get_args

from gamify_core.catalog.definitions import Weekday
from gamify_core.catalog.findings import shown
from gamify_core.catalog.nearest import nearest
from gamify_core.domain import lots, periods, zones
from gamify_core.errors import BadValue

__all__ = [
    "MOST",
    "Check",
    "Problem",
    "amount",
    "attribute",
    "board_period",
    "calendar_day",
    "code",
    "condition",
    "delay",
    "duration",
    "each",
    "event_name",
    "expression",
    "factor",
    "flag",
    "goals",
    "instant",
    "length",
    "one_of",
    "optional",
    "rest_days",
    "score",
    "span",
    "streak_zone",
    "text",
    "time_of_day",
    "weekday",
    "whole",
    "zone",
]

MOST: Final = 2**53 - 1  # exact in JSON and JavaScript
_LONGEST_CODE: Final = 64
_LONGEST_TEXT: Final = 10_000
_CODE: Final = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_EVENT: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]*", re.ASCII)
_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]", re.ASCII)
_WEEKDAYS: Final = get_args(Weekday)
_FACTOR: Final = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,6})?", re.ASCII)
_LARGEST_FACTOR: Final = 1000
_SCORE: Final = re.compile(r"-?[0-9]{1,16}(?:\.[0-9]{1,9})?", re.ASCII)
_BOARD_PERIODS: Final = ("all_time", "yearly", "monthly", "weekly", "daily", "days", "season")
_LONGEST_SPAN: Final = 36_525  # days; what a claim of today adds to now must still be an instant


class Problem(NamedTuple):
    """What is wrong with a value, and what to write instead."""

    message: str
    remedy: str = ""


Check = Callable[[object], Problem | None]


def code(value: object) -> Problem | None:
    """Check the code of a definition."""
    if not isinstance(value, str):
        return Problem(f"{shown(value)} is not a code", "a code is text such as 'first_steps'")
    if not _CODE.fullmatch(value) or len(value) > _LONGEST_CODE:
        made = re.sub(r"[^a-z0-9]+", "_", value.lower()).strip("_")[:_LONGEST_CODE]
        remedy = f"write {made!r}" if _CODE.fullmatch(made) else "such as 'first_steps'"
        return Problem(
            f"{shown(value)} is not a code: small letters, digits and _, a letter first, "
            f"at most {_LONGEST_CODE}",
            remedy,
        )
    return None


def event_name(value: object) -> Problem | None:
    """Check the name of an event, which is the application's own."""
    if isinstance(value, str) and _EVENT.fullmatch(value) and len(value) <= _LONGEST_CODE:
        return None
    return Problem(
        f"{shown(value)} is not the name of an event",
        f"letters, digits and _ . : -, a letter first, at most {_LONGEST_CODE}",
    )


def text(value: object) -> Problem | None:
    """Check text for people."""
    if not isinstance(value, str):
        return Problem(
            f"{shown(value)} is not text", f"write {shown(str(value))}" if type(value) is int else ""
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        return Problem("is not valid Unicode text")
    if "\0" in value or len(value) > _LONGEST_TEXT:
        return Problem(
            "contains a NUL character" if "\0" in value else f"is longer than {_LONGEST_TEXT} characters"
        )
    return None


def flag(value: object) -> Problem | None:
    """Check a truth value."""
    return None if isinstance(value, bool) else Problem(f"{shown(value)} is not true or false")


def optional(check: Check) -> Check:
    """Return the check that lets None pass too."""
    return lambda value: None if value is None else check(value)


def whole(least: int, most: int) -> Check:
    """Return the check for a whole number within bounds."""

    def check(value: object) -> Problem | None:
        if type(value) is int and least <= value <= most:
            return None
        return Problem(f"{shown(value)} is not a whole number from {least} to {most}")

    return check


def amount(value: object, *, expressions: bool) -> Problem | None:
    """Check an amount of points."""
    if type(value) is int and 1 <= value <= MOST:
        return None
    if type(value) is int:
        return Problem(f"{shown(value)} is not an amount", f"an amount is from 1 to {MOST}")
    if isinstance(value, str):
        return Problem(f"{shown(value)} is not an amount", "write a whole number; a rule can reckon one")
    return Problem(
        f"{shown(value)} is not an amount",
        "write a whole number or an expression" if expressions else "write a whole number",
    )


def one_of(words: Sequence[str]) -> Check:
    """Return the check for one of a few words."""

    def check(value: object) -> Problem | None:
        if isinstance(value, str) and value in words:
            return None
        near = nearest(value, words) if isinstance(value, str) else None
        remedy = f"did you mean {near!r}?" if near else f"one of {', '.join(words)}"
        return Problem(f"{shown(value)} is not known", remedy)

    return check


def each(check: Check) -> Check:
    """Return the check of every item of a tuple, none of which may stand twice."""

    def checks(values: object) -> Problem | None:
        items: tuple[object, ...] = values if isinstance(values, tuple) else (values,)
        for place, value in enumerate(items):
            if problem := check(value):
                return problem
            if value in items[:place]:
                return Problem(f"{shown(value)} stands twice", "once is enough")
        return None

    return checks


def zone(value: object) -> Problem | None:
    """Check the name of a time zone."""
    if not isinstance(value, str):
        return Problem(f"{shown(value)} is not a time zone", "an IANA name such as 'Europe/Paris'")
    try:
        zones.zone(value)
    except BadValue as error:
        return Problem(error.detail, error.hint)
    return None


def streak_zone(value: object) -> Problem | None:
    """Check whose midnight a streak goes by."""
    if value in ("participant", "event"):
        return None
    problem = zone(value)
    near = nearest(value, ("participant", "event")) if isinstance(value, str) else None
    return Problem(problem.message, f"did you mean {near!r}?") if problem and near else problem


def duration(value: object) -> Problem | None:
    """Check a stretch of time such as `24h`."""
    try:
        periods.duration(value if isinstance(value, str) else "")
    except BadValue as error:
        return Problem(f"{shown(value)} is not a duration", error.hint)
    return None


def span(value: object) -> Problem | None:
    """Check a stretch of time that something lasts."""
    problem = duration(value)
    if problem is None and not 0 < periods.duration(value) <= _LONGEST_SPAN * periods.DAY:
        problem = Problem(f"nothing lasts {value}", f"write '1s' to '{_LONGEST_SPAN}d'")
    return problem


def delay(value: object) -> Problem | None:
    """Check how long after its end a period is final; at once is `0s`."""
    problem = duration(value)
    if problem is None and isinstance(value, str) and periods.duration(value) > _LONGEST_SPAN * periods.DAY:
        problem = Problem(f"{value} is longer than anybody waits", f"write '0s' to '{_LONGEST_SPAN}d'")
    return problem


def board_period(value: object) -> Problem | None:
    """Check a period of a leaderboard: one of the calendar's, or a rolling one such as `last_30d`."""
    if isinstance(value, str) and periods.rolling(value) is not None:
        return None
    problem = one_of(_BOARD_PERIODS)(value)
    if problem is not None and isinstance(value, str) and value.startswith("last"):
        return Problem(problem.message, f"a rolling period is 'last_1d' to 'last_{periods.LONGEST_ROLLING}d'")
    return problem


def score(value: object) -> Problem | None:
    """Check the least score of a board, which is held as text."""
    if isinstance(value, str) and _SCORE.fullmatch(value) and abs(Decimal(value)) <= MOST:
        return None
    return Problem(f"{shown(value)} is not a score", "write a number such as 100 or 12.5")


def attribute(value: object) -> Problem | None:
    """Check the name of an attribute of participants."""
    if (
        isinstance(value, str)
        and value.isprintable()
        and 0 < len(value) <= _LONGEST_CODE
        and "=" not in value
    ):
        return None
    return Problem(f"{shown(value)} is not the name of an attribute", 'write group_by = "team", say')


def length(value: object) -> Problem | None:
    """Check how long points wait, or last."""
    try:
        lots.length(value)
    except BadValue as error:
        return Problem(f"{shown(value)} is not a length of time", error.hint)
    return None


def factor(value: object) -> Problem | None:
    """Check what points are multiplied by."""
    if isinstance(value, str) and _FACTOR.fullmatch(value) and 0 < Decimal(value) <= _LARGEST_FACTOR:
        return None
    return Problem(
        f"{shown(value)} is not a factor",
        f"write 1.5, say: more than 0, {_LARGEST_FACTOR} at most, with no more than 6 decimals",
    )


def instant(value: object) -> Problem | None:
    """Check an instant."""
    if isinstance(value, datetime) and value.utcoffset() is not None:
        return None
    if isinstance(value, datetime):
        return Problem(f"{value.isoformat()} has no time zone", "write 2026-02-14T10:00:00+01:00")
    return Problem(f"{shown(value)} is not an instant", "write 2026-02-14T10:00:00+01:00")


def calendar_day(value: object) -> Problem | None:
    """Check a date."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return None
    return Problem(f"{shown(value)} is not a date", "write 2026-02-14")


def condition(value: object) -> Problem | None:
    """Check what stands as a rule's condition."""
    if isinstance(value, str) or callable(value):
        return None
    return Problem(f"{shown(value)} is not a condition", 'write one as text: "score >= 60"')


def expression(value: object) -> Problem | None:
    """Check that an expression is text; it is read later."""
    return (
        None if isinstance(value, str) else Problem(f"{shown(value)} is not an expression", 'write "score"')
    )


def goals(value: object) -> Problem | None:
    """Check that the goals of a challenge are there; what they ask for is read later."""
    if isinstance(value, str) and value.strip():
        return None
    message = "a challenge needs goals" if value == "" else f"{shown(value)} is not a goal"
    return Problem(message, 'write goals = "lessons >= 10", say')


def time_of_day(value: object) -> Problem | None:
    """Check a time of day."""
    if isinstance(value, str) and _TIME.fullmatch(value):
        return None
    return Problem(f"{shown(value)} is not a time of day", 'write "04:00"')


def rest_days(value: object) -> Problem | None:
    """Check the days on which a streak rests."""
    problem = each(weekday)(value)
    if problem is None and isinstance(value, tuple) and len(value) == len(_WEEKDAYS):
        return Problem("a streak that rests every day asks for nothing", "leave a day out")
    return problem


weekday: Final = one_of(_WEEKDAYS)
