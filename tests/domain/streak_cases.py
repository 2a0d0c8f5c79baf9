"""Worked cases of streaks, as data: what is recorded and read, in order, and what must come out.

Times are wall-clock times of the zone the participant is in; a trailing `*` is the second pass of a repeated
hour, a trailing `Z` is UTC. Unless a case says otherwise: daily, UTC, no grace; March 2026, in which the 2nd
is a Monday.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from gamify_core.domain.periods import DAY, HOUR, Calendar
from gamify_core.domain.streaks import NO_PARDONS, Pardons, StreakRules
from gamify_core.domain.zones import zone

if TYPE_CHECKING:
    from gamify_core.domain.streaks import PeriodStatus, Status

__all__ = ["CASES", "Act", "Case", "Draw", "Look", "Move", "grant", "instant", "label_of", "mar"]


def instant(text: str, name: str = "UTC") -> int:
    """Return the instant that a wall clock of a zone shows as this text."""
    here = UTC if text.endswith("Z") else zone(name)
    wall = datetime.fromisoformat(text.rstrip("*Z")).replace(tzinfo=here, fold=int(text.endswith("*")))
    return int(wall.timestamp()) * 1_000_000


class Act(NamedTuple):
    """Record an activity; the answer has these two counts, and is `record`, `already` or neither."""

    at: str
    new: int
    longest: int
    flag: str = "record"
    part: int = 0
    weight: int = 1


class Look(NamedTuple):
    """Read; None is not looked at, `expires` "" is no expiry, `missing` how many periods a repair takes."""

    at: str
    current: int
    status: Status
    expires: str | None = None
    freezes: int | None = None
    progress: int | None = None
    broken_at: str | None = None
    longest: int | None = None
    parts: tuple[tuple[int, int], ...] | None = None
    missing: int | None = None


class Move(NamedTuple):
    """From this instant on another zone holds."""

    zone: str
    at: str


class Draw(NamedTuple):
    """Draw the calendar: as of an instant, the periods from that of `first` on are these."""

    at: str
    first: str
    periods: tuple[PeriodStatus, ...]


class Case(NamedTuple):
    """A story with its number, rules and facts."""

    name: str
    script: tuple[Act | Look | Move | Draw, ...]
    rules: StreakRules = StreakRules()
    zone: str = "UTC"
    pardons: Pardons = NO_PARDONS


def mar(day: int, clock: str = "12:00") -> str:
    """Return a time in March 2026."""
    return f"2026-03-{day:02} {clock}"


def grant(*at: str, number: int = 1) -> Pardons:
    """Return freezes granted at these instants."""
    return Pardons(grants=tuple((instant(each), number) for each in at))


def label_of(text: str) -> int:
    """Return the label of a day."""
    return Calendar().label(instant(text), UTC)


_EARLY = "2026-03-01 00:00"
_WEEKLY = StreakRules(Calendar("weekly"))
_SUNDAYS = StreakRules(Calendar("weekly", week_start=6))
_MONTHLY = StreakRules(Calendar("monthly"))
_THRICE = StreakRules(Calendar("weekly"), target=3)
_WEEKENDS_OFF = StreakRules(rest_weekdays=frozenset({5, 6}))
_TOKYO = "Asia/Tokyo"

CASES = (
    Case("1 two on one day, one on the next", (
        Act(mar(2, "08:00"), 1, 1), Act(mar(2, "09:00"), 1, 1, "already"), Act(mar(3, "08:00"), 2, 2),
    )),
    Case("2 alive until the last second", (
        Act(mar(2), 1, 1), Act(mar(3), 2, 2), Look(mar(4, "23:59:59"), 2, "pending", mar(5, "00:00")),
    )),
    Case("3 broken on the stroke of midnight", (
        Act(mar(2), 1, 1), Act(mar(3), 2, 2),
        Look(mar(5, "00:00"), 0, "broken", "", broken_at=mar(5, "00:00"), longest=2),
    )),
    Case("4 a second apart, on two days", (
        Act(mar(2, "23:59:59"), 1, 1), Act(mar(3, "00:00"), 2, 2),
    )),
    Case("5a grace of two hours, in time", (
        Act(mar(2), 1, 1), Look(mar(4, "00:30"), 1, "grace", mar(4, "02:00")),
        Act(mar(4, "01:59:59"), 2, 2),
    ), StreakRules(grace=2 * HOUR)),
    Case("5b grace of two hours, too late", (
        Act(mar(2), 1, 1), Act(mar(4, "02:00"), 1, 1, ""),
    ), StreakRules(grace=2 * HOUR)),
    Case("6 grace of a whole period: every second day suffices", (
        Act(mar(2), 1, 1), Act(mar(4), 2, 2), Act(mar(6), 3, 3), Act(mar(8), 4, 4),
        Look(mar(10, "23:59:59"), 4, "grace", mar(11, "00:00")), Look(mar(11, "00:00"), 0, "broken"),
    ), StreakRules(grace=DAY)),
    Case("7 a freeze, then grace", (
        Act(mar(2), 1, 1), Look(mar(4, "05:59:59"), 1, "grace", mar(4, "06:00"), freezes=1),
        Look(mar(4, "06:00"), 1, "frozen", mar(5, "06:00"), freezes=0), Act(mar(5, "05:00"), 2, 2),
        Look(mar(5, "05:00"), 2, "active", freezes=0),
    ), StreakRules(grace=6 * HOUR), pardons=grant(_EARLY)),
    Case("8 the clock springs forward", (
        Act("2024-03-09 23:30", 1, 1), Act("2024-03-10 23:30", 2, 2),
        Look("2024-03-10 23:31", 2, "active", "2024-03-12 04:00Z"),
    ), zone="America/New_York"),
    Case("9 the clock falls back", (
        Act("2024-11-02 00:05", 1, 1), Act("2024-11-03 23:55", 2, 2),
    ), zone="America/New_York"),
    Case("10 midnight is missing", (
        Act("2018-11-03 23:59", 1, 1), Look("2018-11-03 23:59", 1, "active", "2018-11-05 02:00Z"),
        Act("2018-11-04 01:00", 2, 2),
    ), zone="America/Sao_Paulo"),
    Case("10b the day before a missing midnight ends when the clock skips", (
        Act("2018-11-02 12:00", 1, 1), Look("2018-11-03 23:59:59", 1, "pending", "2018-11-04 03:00Z"),
    ), zone="America/Sao_Paulo"),
    Case("11 half past midnight comes twice", (
        Act("2024-11-03 00:30", 1, 1), Act("2024-11-03 00:30*", 1, 1, "already"),
    ), zone="America/Havana"),
    Case("12 the date goes back by a minute past midnight", (
        Act("2010-11-07 00:00:30", 1, 1), Act("2010-11-06 23:30*", 2, 2),
    ), zone="America/Goose_Bay"),
    Case("13 a date that never was", (
        Act("2011-12-29 12:00", 1, 1), Look("2011-12-29 13:00", 1, "active", "2012-01-01 00:00"),
        Act("2011-12-31 12:00", 2, 2),
    ), zone="Pacific/Apia"),
    Case("14 a day lived twice", (
        Act("2026-01-01 12:00", 1, 1), Act("2026-01-02 01:00", 2, 2),
        Move("Pacific/Honolulu", "2026-01-01 20:00Z"), Act("2026-01-01 20:00", 2, 2, "already"),
        Act("2026-01-02 12:00", 2, 2, "already"), Act("2026-01-03 12:00", 3, 3),
    ), zone=_TOKYO),
    Case("15 a date that lasted half an hour", (
        Act("2026-01-01 23:00", 1, 1), Move("Pacific/Kiritimati", "2026-01-02 09:30Z"),
        Act("2026-01-03 12:00", 1, 1, ""),
    ), zone="Pacific/Honolulu"),
    Case("16 a date jumped over", (
        Act("2026-01-01 23:00", 1, 1), Move("Pacific/Kiritimati", "2026-01-02 10:30Z"),
        Act("2026-01-03 12:00", 2, 2),
    ), zone="Pacific/Pago_Pago"),
    Case("17a Sunday and Monday, the week starts on Monday", (
        Act(mar(8), 1, 1), Act(mar(9), 2, 2),
    ), _WEEKLY),
    Case("17b Sunday and Monday, the week starts on Sunday", (
        Act(mar(8), 1, 1), Act(mar(9), 1, 1, "already"),
    ), _SUNDAYS),
    Case("18 a week over the turn of the year", (
        Act("2024-12-30 12:00", 1, 1), Act("2025-01-02 12:00", 1, 1, "already"),
        Act("2025-01-06 12:00", 2, 2),
    ), _WEEKLY),
    Case("19 months of all lengths", (
        Act("2024-01-31 12:00", 1, 1), Act("2024-02-29 12:00", 2, 2), Act("2024-03-01 12:00", 3, 3),
        Look("2024-04-30 23:59:59", 3, "pending", "2024-05-01 00:00"), Look("2024-05-01 00:00", 0, "broken"),
    ), _MONTHLY),
    Case("20 three a week", (
        Act(mar(2), 0, 0, ""), Act(mar(3), 0, 0, ""), Look(mar(3), 0, "none", "", progress=2),
        Act(mar(4), 1, 1), Act(mar(5), 1, 1, "already"), Act(mar(9), 1, 1, ""),
        Look(mar(9), 1, "pending", mar(16, "00:00"), progress=1), Act(mar(10), 1, 1, ""),
        Look(mar(16, "00:00"), 0, "broken", broken_at=mar(16, "00:00"), progress=0),
    ), _THRICE),
    Case("21a weekends off", (
        Act(mar(6), 1, 1), Look(mar(7), 1, "excused", mar(10, "00:00")), Look(mar(8), 1, "excused"),
        Look(mar(9), 1, "pending"), Act(mar(9), 2, 2),
    ), _WEEKENDS_OFF),
    Case("21b weekends off, and yet active", (
        Act(mar(6), 1, 1), Act(mar(7), 2, 2), Act(mar(9), 3, 3),
    ), _WEEKENDS_OFF),
    Case("22 a pause that touches three days", (
        Act(mar(2), 1, 1), Look(mar(3, "08:00"), 1, "excused", mar(7, "00:00")), Act(mar(6), 2, 2),
    ), pardons=Pardons(pauses=((instant(mar(3, "09:00")), instant(mar(5, "18:00"))),))),
    Case("23a one freeze, one day missed", (
        Act(mar(2), 1, 1), Act(mar(4), 2, 2), Look(mar(4), 2, "active", freezes=0),
    ), pardons=grant(_EARLY)),
    Case("23b one freeze, two days missed", (
        Act(mar(2), 1, 1), Look(mar(4), 1, "frozen", freezes=0),
        Look(mar(5, "00:00"), 0, "broken", broken_at=mar(5, "00:00"), freezes=0),
        Act(mar(5), 1, 1, ""), Look(mar(5), 1, "active", freezes=0),
    ), pardons=grant(_EARLY)),
    Case("24a a freeze a second too late", (
        Act(mar(2), 1, 1), Act(mar(4), 1, 1, ""), Look(mar(4), 1, "active", freezes=1),
    ), pardons=grant(mar(4, "00:00:01"))),
    Case("24b a freeze at the very deadline", (
        Act(mar(2), 1, 1), Act(mar(4), 2, 2), Look(mar(4), 2, "active", freezes=0),
    ), pardons=grant(mar(4, "00:00"))),
    Case("25 freezes given to a broken streak are kept", (
        Act(mar(2), 1, 1), Look("2026-04-10 12:00", 0, "broken", broken_at=mar(4, "00:00"), freezes=2),
    ), pardons=grant(mar(10), number=2)),
    Case("26 a late activity draws the freeze away", (
        Act(mar(4), 1, 1), Act(mar(6), 2, 2), Act(mar(2), 1, 2, ""), Look(mar(6), 1, "active", freezes=0),
    ), pardons=grant(_EARLY)),
    Case("27a a late activity gives the freeze back", (
        Act(mar(2), 1, 1), Act(mar(4), 2, 2), Look(mar(4), 2, "active", freezes=0), Act(mar(3), 3, 3),
        Look(mar(4), 3, "active", freezes=1),
    ), pardons=grant(_EARLY)),
    Case("27b a late activity joins two runs", (
        Act(mar(2), 1, 1), Act(mar(4), 1, 1, ""), Act(mar(3), 3, 3),
    )),
    Case("28 the clock is put back", (
        Act(mar(2, "12:00"), 1, 1), Act(mar(2, "11:00"), 1, 1, "already"),
        Look(mar(2, "11:00"), 1, "active", freezes=1),
    ), pardons=grant(_EARLY)),
    Case("29 a repaired day", (
        Act(mar(2), 1, 1), Act(mar(4), 2, 2),
    ), pardons=Pardons(repaired=frozenset({label_of(mar(3))}))),
    Case("30 the day starts at four", (
        Act(mar(2), 1, 1), Act(mar(3, "03:59"), 1, 1, "already"), Act(mar(3, "04:00"), 2, 2),
    ), StreakRules(Calendar(day_start=240))),
    Case("31 three freezes under a cap of two", (
        Act(mar(2), 1, 1), Look(mar(5), 1, "frozen", mar(6, "00:00"), freezes=0),
        Look(mar(6, "00:00"), 0, "broken", broken_at=mar(6, "00:00")), Act(mar(6), 1, 1, ""),
        Look(mar(6), 1, "active", freezes=0),
    ), StreakRules(freeze_cap=2), pardons=grant(_EARLY, "2026-03-01 01:00", "2026-03-01 02:00")),
    Case("32 nothing yet", (Look(mar(2), 0, "none", "", freezes=0, progress=0),)),
    Case("33 flying back into a day that was over", (
        Act("2026-01-01 12:00", 1, 1), Look("2026-01-03 00:10", 0, "broken"),
        Move("Pacific/Honolulu", "2026-01-02 16:00Z"),
        Look("2026-01-02 06:00", 1, "pending", "2026-01-03 00:00"), Act("2026-01-02 10:00", 2, 2),
    ), zone=_TOKYO),
)  # fmt: skip
