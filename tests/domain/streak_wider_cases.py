"""More worked cases, as data: credit grace, several goals, distinct days, earned freezes, periods of n days.

Told like those in `streak_cases`: times are wall-clock times, March 2026, in which the 2nd is a Monday.
"""

from __future__ import annotations

from gamify_core.domain.periods import DAY, HOUR, Calendar
from gamify_core.domain.streaks import Pardons, StreakRules
from tests.domain.streak_cases import Act, Case, Draw, Look, Move, grant, instant, label_of, mar

__all__ = ["WIDER_CASES"]

_CREDIT = StreakRules(grace=2 * HOUR, grace_mode="credit")
_LONG_CREDIT = StreakRules(grace=26 * HOUR, grace_mode="credit")
_TWICE = StreakRules(grace=2 * HOUR, grace_mode="credit", target=2)
_WORKDAYS = StreakRules(grace=6 * HOUR, grace_mode="credit", rest_weekdays=frozenset({5, 6}))
_BOTH = StreakRules(goals=(2, 30))
_EITHER = StreakRules(goals=(2, 30), match="any")
_BOTH_IN_CREDIT = StreakRules(grace=2 * HOUR, grace_mode="credit", goals=(1, 30))
_THREE_DAYS = StreakRules(Calendar("weekly"), target=3, distinct_days=True)
_DAYS_IN_CREDIT = StreakRules(
    Calendar("weekly"), grace=DAY, grace_mode="credit", target=2, distinct_days=True
)
_EARN = StreakRules(freeze_every=3)
_EVERY_THIRD = StreakRules(Calendar("days", days=3, anchor=label_of(mar(2))))

WIDER_CASES = (
    Case("credit: an activity past midnight fills yesterday, the next one today", (
        Act(mar(2), 1, 1), Look(mar(4, "00:30"), 1, "grace", mar(4, "02:00")), Act(mar(4, "01:59:59"), 2, 2),
        Look(mar(4, "01:59:59"), 2, "pending", mar(5, "02:00"), progress=0),
        Act(mar(4, "01:59:59"), 3, 3), Look(mar(4, "12:00"), 3, "active", mar(6, "02:00"), progress=1),
        Act(mar(4, "12:00"), 3, 3, "already"), Look(mar(6, "02:00"), 0, "broken", broken_at=mar(6, "02:00")),
        Draw(mar(6, "02:00"), mar(1),
             ("idle", "satisfied", "satisfied", "satisfied", "missed", "open", "future")),
    ), _CREDIT),
    Case("credit: too late, it is an activity of today", (
        Act(mar(2), 1, 1), Act(mar(4, "02:00"), 1, 1, ""), Look(mar(4, "02:00"), 1, "active", progress=1),
        Draw(mar(4, "02:00"), mar(2), ("satisfied", "missed", "satisfied")),
    ), _CREDIT),
    Case("credit: one activity never opens with two", (
        Act(mar(3, "00:30"), 1, 1), Look(mar(3, "00:30"), 1, "pending", mar(4, "02:00"), progress=0),
        Act(mar(3), 2, 2), Draw(mar(3), mar(1), ("idle", "satisfied", "satisfied", "future")),
    ), _CREDIT),
    Case("credit: nothing to fill, it is an activity of today", (
        Act(mar(2), 1, 1), Act(mar(3, "00:30"), 2, 2), Act(mar(3), 2, 2, "already"), Act(mar(4), 3, 3),
    ), _CREDIT),
    Case("credit: a late one moves the others up", (
        Act(mar(2), 1, 1), Act(mar(4, "01:30"), 2, 2), Act(mar(4, "01:00"), 3, 3),
        Act(mar(4, "00:30"), 3, 3, "already"),
    ), _CREDIT),
    Case("credit: a late one joins two runs across a day that was done", (
        Act(mar(2), 1, 1), Act(mar(4), 1, 1, ""), Act(mar(4, "01:00"), 3, 3),
    ), _CREDIT),
    Case("credit: of several open days the earliest is filled first", (
        Act(mar(2, "12:00"), 1, 1), Act(mar(2, "13:00"), 2, 2), Act(mar(2, "14:00"), 2, 2, "already"),
        Act(mar(5, "01:00"), 3, 3), Look(mar(5, "01:30"), 3, "grace", mar(6, "02:00")),
        Act(mar(5, "01:59"), 4, 4), Look(mar(5, "03:00"), 4, "pending", mar(7, "02:00")),
        Draw(mar(5, "03:00"), mar(1), ("satisfied", "satisfied", "satisfied", "satisfied", "open")),
    ), _LONG_CREDIT),
    Case("credit: a day whose grace has run out stays missed", (
        Act(mar(2, "12:00"), 1, 1), Act(mar(2, "13:00"), 2, 2), Act(mar(5, "02:00"), 1, 2, ""),
        Look(mar(5, "03:00"), 1, "pending", mar(7, "02:00")),
        Draw(mar(5, "03:00"), mar(2), ("satisfied", "missed", "satisfied", "open")),
    ), _LONG_CREDIT),
    Case("credit: half a day done is filled up, and no more", (
        Act(mar(2, "08:00"), 0, 0, ""), Act(mar(3, "00:30"), 1, 1), Look(mar(3, "00:30"), 1, "pending", progress=0),
        Act(mar(3, "00:40"), 1, 1, ""), Look(mar(3, "00:40"), 1, "pending", progress=1), Act(mar(3, "09:00"), 2, 2),
    ), _TWICE),
    Case("credit: nothing is owed to a rest day", (
        Act(mar(6), 1, 1), Act(mar(8, "01:00"), 2, 2), Act(mar(9, "01:00"), 3, 3),
        Draw(mar(9), mar(6), ("satisfied", "excused_rest", "satisfied", "satisfied")),
    ), _WORKDAYS),
    Case("credit: a Friday is filled on Saturday, before the Saturday itself", (
        Act(mar(5), 1, 1), Act(mar(7, "05:59:59"), 2, 2), Act(mar(7, "05:59:59"), 3, 3), Act(mar(9), 4, 4),
        Draw(mar(9), mar(5), ("satisfied", "satisfied", "satisfied", "excused_rest", "satisfied")),
    ), _WORKDAYS),
    Case("credit: a day that a freeze has covered is not filled any more", (
        Act(mar(2), 1, 1), Act(mar(4, "02:00"), 2, 2), Look(mar(4, "02:00"), 2, "active", freezes=0),
        Draw(mar(4, "02:00"), mar(2), ("satisfied", "frozen", "satisfied")),
    ), _CREDIT, pardons=grant("2026-03-01 00:00")),
    Case("credit: a late one gives the freeze back", (
        Act(mar(2), 1, 1), Act(mar(4, "02:00"), 2, 2), Act(mar(4, "01:00"), 3, 3),
        Look(mar(4, "02:00"), 3, "active", freezes=1),
    ), _CREDIT, pardons=grant("2026-03-01 00:00")),
    Case("credit: by the clock of where they are, when they flew east", (
        Act("2026-03-02 12:00", 1, 1), Move("Asia/Tokyo", "2026-03-03 12:00Z"), Act("2026-03-04 01:00", 2, 2),
        Look("2026-03-04 01:30", 2, "pending", "2026-03-05 02:00"),
    ), _CREDIT),
    Case("credit: half of yesterday is not yet yesterday", (
        Act(mar(1, "12:00"), 0, 0, ""), Act(mar(1, "13:00"), 1, 1), Act(mar(3, "00:30"), 1, 1, ""),
        Look(mar(3, "00:30"), 1, "grace", mar(3, "02:00"), progress=0), Act(mar(3, "01:00"), 2, 2),
    ), _TWICE),
    Case("credit: in order of time, not of dates, where the date goes back", (
        Act("2010-11-07 00:00:30", 1, 1), Act("2010-11-06 23:30*", 1, 1, "already"),
    ), _CREDIT, zone="America/Goose_Bay"),
    Case("weights: together they reach the target, or go beyond it", (
        Act(mar(2, "08:00"), 0, 0, "", 0, 2), Act(mar(2, "09:00"), 1, 1, "record", 0, 2),
        Look(mar(2, "09:00"), 1, "active", progress=3), Act(mar(2, "10:00"), 1, 1, "already"),
        Act(mar(3, "08:00"), 2, 2, "record", 0, 9),
    ), StreakRules(target=3)),
    Case("grace: what can still be done needs no repair", (
        Act(mar(2), 1, 1), Look(mar(4, "02:00"), 0, "broken", missing=1),
        Look(mar(5, "01:59:59"), 0, "broken", missing=1),
        Look(mar(5, "02:00"), 0, "broken", missing=2),
    ), StreakRules(grace=2 * HOUR)),
    Case("all goals: the period is done with the last of them", (
        Act(mar(2, "08:00"), 0, 0, "", 0), Act(mar(2, "09:00"), 0, 0, "", 1, 30),
        Look(mar(2, "09:00"), 0, "none", "", progress=1, parts=((1, 2), (30, 30))),
        Act(mar(2, "10:00"), 0, 0, "", 1, 99), Act(mar(2, "11:00"), 1, 1, "record", 0),
        Look(mar(2, "11:00"), 1, "active", progress=2, parts=((2, 2), (30, 30))),
        Act(mar(2, "12:00"), 1, 1, "already", 0), Look(mar(3), 1, "pending", progress=0, parts=((0, 2), (0, 30))),
    ), _BOTH),
    Case("all goals: an activity for a goal that is no more counts for none", (
        Act(mar(2, "08:00"), 0, 0, "", 2, 99), Act(mar(2, "09:00"), 0, 0, "", -1, 99),
        Look(mar(2), 0, "none", parts=((0, 2), (0, 30))),
    ), _BOTH),
    Case("any goal: the first of them suffices", (
        Act(mar(2, "08:00"), 0, 0, "", 0), Look(mar(2, "08:00"), 0, "none", progress=0, parts=((1, 2), (0, 30))),
        Act(mar(2, "09:00"), 1, 1, "record", 1, 30),
        Look(mar(2, "09:00"), 1, "active", progress=1, parts=((1, 2), (30, 30))),
        Act(mar(3, "08:00"), 1, 1, "", 0), Act(mar(3, "09:00"), 2, 2, "record", 0),
    ), _EITHER),
    Case("all goals, credit: each goal is filled up on its own", (
        Act(mar(2, "08:00"), 0, 0, "", 0), Act(mar(3, "00:30"), 0, 0, "", 0),
        Act(mar(3, "01:00"), 1, 1, "record", 1, 30),
        Look(mar(3, "01:00"), 1, "pending", progress=1, parts=((1, 1), (0, 30))),
        Act(mar(3, "01:30"), 2, 2, "record", 1, 30),
    ), _BOTH_IN_CREDIT),
    Case("distinct days: twice on one day is one day", (
        Act(mar(2, "08:00"), 0, 0, ""), Act(mar(2, "09:00"), 0, 0, ""), Act(mar(3), 0, 0, ""),
        Look(mar(3), 0, "none", "", progress=2), Act(mar(6), 1, 1), Act(mar(7), 1, 1, "already"),
        Look(mar(16, "00:00"), 0, "broken", "", progress=0, broken_at=mar(16, "00:00")),
    ), _THREE_DAYS),
    Case("distinct days: an activity of any weight is one day", (
        Act(mar(2), 0, 0, "", 0, 3), Look(mar(2), 0, "none", progress=1),
    ), _THREE_DAYS),
    Case("distinct days: one day counts for each of the goals", (
        Act(mar(2, "08:00"), 0, 0, "", 0), Act(mar(2, "09:00"), 1, 1, "record", 1),
    ), StreakRules(Calendar("weekly"), distinct_days=True, goals=(1, 1))),
    Case("distinct days, credit: a day that last week has already does not fill it", (
        Act(mar(6), 0, 0, ""), Act(mar(9, "08:00"), 0, 0, ""), Act(mar(9, "09:00"), 0, 0, ""),
        Look(mar(9, "09:00"), 0, "none", progress=1), Act(mar(10), 0, 0, ""), Act(mar(11), 1, 1),
        Draw(mar(11), mar(2), ("idle", "satisfied")),
    ), StreakRules(Calendar("weekly"), grace=DAY, grace_mode="credit", target=3, distinct_days=True)),
    Case("distinct days, credit: a day counts for one week, a second time for the next", (
        Act(mar(6), 0, 0, ""), Act(mar(9, "08:00"), 1, 1), Look(mar(9, "08:00"), 1, "pending", progress=0),
        Act(mar(9, "09:00"), 1, 1, ""), Look(mar(9, "09:00"), 1, "pending", progress=1), Act(mar(11), 2, 2),
    ), _DAYS_IN_CREDIT),
    Case("earned freezes: the third day earns one, a gap uses it, the sixth earns another", (
        Act(mar(2), 1, 1), Act(mar(3), 2, 2), Look(mar(3), 2, "active", freezes=0), Act(mar(4), 3, 3),
        Look(mar(4), 3, "active", freezes=1), Look(mar(6, "00:00"), 3, "frozen", mar(7, "00:00"), freezes=0),
        Act(mar(6), 4, 4), Act(mar(7), 5, 5), Act(mar(8), 6, 6), Look(mar(8), 6, "active", freezes=1),
        Draw(mar(8), mar(2),
             ("satisfied", "satisfied", "satisfied", "frozen", "satisfied", "satisfied", "satisfied")),
    ), _EARN),
    Case("earned freezes: a broken run counts from one again", (
        Act(mar(2), 1, 1), Act(mar(3), 2, 2), Act(mar(5), 1, 2, ""), Look(mar(5), 1, "active", freezes=0),
        Act(mar(6), 2, 2, ""), Act(mar(7), 3, 3), Look(mar(7), 3, "active", freezes=1),
    ), _EARN),
    Case("earned freezes: earned at the first day already, and never above the cap", (
        Act(mar(2), 1, 1), Look(mar(2), 1, "active", freezes=1), Act(mar(3), 2, 2), Act(mar(4), 3, 3),
        Look(mar(4), 3, "active", freezes=2), Look(mar(7, "00:00"), 3, "frozen", mar(8, "00:00"), freezes=0),
        Look(mar(8, "00:00"), 0, "broken", freezes=0, missing=1),
    ), StreakRules(freeze_every=1)),
    Case("earned freezes: a grant that finds the cap reached adds nothing", (
        Act(mar(2), 1, 1), Act(mar(3), 2, 2), Act(mar(4), 3, 3), Look(mar(4, "13:00"), 3, "active", freezes=2),
        Look(mar(7, "00:00"), 3, "frozen", freezes=0), Look(mar(8, "00:00"), 0, "broken", freezes=0),
    ), _EARN, pardons=grant(mar(2, "00:00"), mar(4, "12:30"))),
    Case("periods of three days", (
        Act(mar(2), 1, 1), Act(mar(4, "23:59:59"), 1, 1, "already"), Act(mar(5, "00:00"), 2, 2),
        Look(mar(10, "23:59:59"), 2, "pending", mar(11, "00:00")), Look(mar(11, "00:00"), 0, "broken", missing=1),
        Look(mar(14, "00:00"), 0, "broken", missing=2),
        Draw(mar(11, "00:00"), mar(1), ("idle", "satisfied", "satisfied", "missed", "open", "future")),
    ), _EVERY_THIRD),
    Case("a calendar with everything in it", (
        Act(mar(3), 1, 1), Act(mar(6), 2, 2), Act(mar(9), 3, 3), Act(mar(12), 1, 3, ""),
        Draw(mar(15, "12:00"), mar(1), (
            "excused_rest", "idle", "satisfied", "excused_pause", "excused_pause", "satisfied", "frozen",
            "excused_rest", "satisfied", "missed", "idle", "satisfied", "repaired", "missed",
            "excused_rest", "future", "future",
        )),
        Look(mar(15), 0, "broken", broken_at=mar(15, "00:00"), missing=1), Look(mar(17), 0, "broken", missing=2),
    ), StreakRules(rest_weekdays=frozenset({6})), pardons=Pardons(
        ((instant(mar(4, "23:00")), instant(mar(5, "01:00"))),), frozenset({label_of(mar(13))}),
        ((instant(mar(1)), 1),),
    )),
    Case("a calendar where grace is waiting, and where it bridged", (
        Act(mar(2), 1, 1), Act(mar(4, "01:00"), 2, 2),
        Draw(mar(6, "01:59:59"), mar(2), ("satisfied", "grace", "satisfied", "grace", "open", "future")),
        Draw(mar(6, "02:00"), mar(2), ("satisfied", "grace", "satisfied", "missed", "open", "future")),
    ), StreakRules(grace=2 * HOUR)),
    Case("a calendar with a date that never was", (
        Act("2011-12-29 12:00", 1, 1), Act("2011-12-31 12:00", 2, 2),
        Draw("2011-12-31 13:00", "2011-12-29 12:00", ("satisfied", "void", "satisfied")),
    ), zone="Pacific/Apia"),
    Case("flying back into a day that a freeze had covered gives it back", (
        Act("2026-01-01 12:00", 1, 1), Look("2026-01-04 00:30", 1, "frozen", freezes=0),
        Move("Pacific/Honolulu", "2026-01-03 16:00Z"), Look("2026-01-03 06:30", 1, "frozen", freezes=1),
        Act("2026-01-03 10:00", 2, 2), Look("2026-01-03 10:00", 2, "active", freezes=1),
    ), zone="Asia/Tokyo", pardons=grant("2026-01-01 00:00", number=2)),
    Case("a freeze granted since the break covers its day, were the break repaired", (
        Act(mar(2), 1, 1), Look(mar(5, "12:00"), 0, "broken", broken_at=mar(4, "00:00"), missing=1),
        Look(mar(6, "00:00"), 0, "broken", missing=2),
    ), pardons=grant(mar(4, "12:00"))),
)  # fmt: skip
