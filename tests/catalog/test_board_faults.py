"""What is wrong with a leaderboard: every kind of fault, at the field that has to change, and nothing besides."""

# The sentences stand here as people read them
# ruff: noqa: ISC004

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from gamify_core.catalog import Catalog, Leaderboard, Prize, Season
from gamify_core.errors import CatalogError

SEASONS = 'period = "season"\nseasons = '
PRIZES = 'period = "weekly"\nfinalize_after = "12h"\nprizes = '
NO_DATE = "is not a date; write 2026-03-01, or an instant with its time zone"
NO_SEASON = "is not a season; write { spring = { starts = 2026-03-01, ends = 2026-06-01 } }"
NO_PRIZE = 'is not a prize; write { 1 = 500, "2-3" = { badge = "podium" } }'
NO_RANKS = "are not ranks; write 1 or 2-3, from 1 to 10000, the better rank first"
BACKWARDS = "the season ends before it starts; the end lies after the start"
OVERLAP = "summer starts before spring ends; one season runs at a time"
SPRING = date(2026, 3, 1)
JUNE = date(2026, 6, 1)


def faults_of(text: str) -> list[str]:
    """Return the faults of a TOML document as sentences."""
    with pytest.raises(CatalogError) as caught:
        Catalog.from_toml(text)
    return [str(fault) for fault in caught.value.faults]


SENTENCES = [
    # seasons
    (f"{SEASONS}3", f"seasons (line 3): 3 {NO_SEASON}"),
    (f"{SEASONS}{{ spring = 3 }}", f"seasons.spring (line 3): 3 {NO_SEASON}"),
    (
        f"{SEASONS}{{ spring = {{ starts = 2026-03-01 }} }}",
        "seasons.spring (line 3): it has no ends; write { spring = { starts = 2026-03-01, ends = 2026-06-01 } }",
    ),
    (
        f"{SEASONS}{{ spring = {{ start = 2026-03-01, ends = 2026-06-01 }} }}",
        "seasons.spring.start (line 3): unknown key 'start'; did you mean 'starts'?",
    ),
    (
        f"{SEASONS}{{ spring = {{ starts = 2026-03-01, ends = 2026-06-01, prize = 5 }} }}",
        "seasons.spring.prize (line 3): unknown key 'prize'; there are starts, ends",
    ),
    (
        f'{SEASONS}{{ "Spring Time" = {{ starts = 2026-03-01, ends = 2026-06-01 }} }}',
        "seasons (line 3): 'Spring Time' is not a code: small letters, digits and _, a letter first, at most 64; "
        "write 'spring_time'",
    ),
    (f"{SEASONS}{{ s = {{ starts = 5, ends = 2026-06-01 }} }}", f"seasons.s.starts (line 3): 5 {NO_DATE}"),
    (f'{SEASONS}{{ s = {{ starts = 2026-03-01, ends = "x" }} }}', f"seasons.s.ends (line 3): 'x' {NO_DATE}"),
    (
        f"{SEASONS}{{ s = {{ starts = 2026-03-01T00:00:00, ends = 2026-06-01 }} }}",
        "seasons.s.starts (line 3): 2026-03-01T00:00:00 has no time zone; write 2026-02-14T10:00:00+01:00",
    ),
    (
        f"{SEASONS}{{ s = {{ starts = 2026-03-01, ends = 2026-03-01 }} }}",
        f"seasons.s.ends (line 3): {BACKWARDS}",
    ),
    (
        f"{SEASONS}{{ s = {{ starts = 2026-03-02, ends = 2026-03-01T23:00:00Z }} }}",
        f"seasons.s.ends (line 3): {BACKWARDS}",
    ),
    (
        f"{SEASONS}{{ spring = {{ starts = 2026-03-01, ends = 2026-06-01 }}, "
        "summer = { starts = 2026-05-31, ends = 2026-09-01 } }",
        f"seasons.summer.starts (line 3): {OVERLAP}",
    ),
    (
        f"{SEASONS}{{ spring = {{ starts = 2026-03-01, ends = 2026-06-01T12:00:00Z }}, "
        "summer = { starts = 2026-05-31, ends = 2026-09-01 } }",
        f"seasons.summer.starts (line 3): {OVERLAP}",
    ),
    (
        f"{SEASONS}{{ previous = {{ starts = 2026-03-01, ends = 2026-06-01 }} }}",
        "seasons (line 3): 'previous' asks for the season before; give the season another name",
    ),
    (  # what is unsound by itself is held against nothing
        f'{SEASONS}{{ spring = {{ starts = 2026-03-01, ends = "x" }}, '
        "summer = { starts = 2026-03-02, ends = 2026-09-01 } }",
        f"seasons.spring.ends (line 3): 'x' {NO_DATE}",
    ),
    # periods
    (
        'period = "season"',
        "seasons (line 1): a board of seasons needs some; "
        "write seasons = { spring = { starts = 2026-03-01, ends = 2026-06-01 } }, say",
    ),
    (
        "seasons = { spring = { starts = 2026-03-01, ends = 2026-06-01 } }",
        'seasons (line 2): a board without that period has no seasons; write period = "season"',
    ),
    (
        'period = "days"',
        "days (line 1): periods of so many days need their number; write days = 14, say",
    ),
    ('period = "days"\ndays = 0', "days (line 3): 0 is not a whole number from 1 to 3660"),
    ("days = 14", 'days (line 2): a board without such periods has no days; write period = "days"'),
    (
        "anchor = 2026-01-01",
        'anchor (line 2): a board without such periods has no anchor; write period = "days"',
    ),
    (  # of a board whose periods are unknown nothing else is said
        'period = "fortnightly"\ndays = 14\nprizes = { 1 = 500 }',
        "period (line 2): 'fortnightly' is not known; one of all_time, yearly, monthly, weekly, daily, days, season",
    ),
    # scores and groups
    (
        "min_score = 1.5",
        "min_score (line 2): points.earned has no decimals; write a score that the metric can have",
    ),
    (
        'metric = "km"\nmin_score = 1.25\n[metrics.km]\non = "run"\nsum = "km"\nscale = 1',
        "min_score (line 3): km has no more than 1 decimals; write a score that the metric can have",
    ),
    ('min_score = "x"', "min_score (line 2): 'x' is not a score; write a number such as 100 or 12.5"),
    ('group_score = "average"', 'group_score (line 2): there are no groups; write group_by = "team", say'),
    # closing
    (
        'finalize_after = "12h"',
        'finalize_after (line 2): no period of the board ever ends; write period = "weekly", say',
    ),
    (
        'period = "last_7d"\nfinalize_after = "12h"',
        'finalize_after (line 3): no period of the board ever ends; write period = "weekly", say',
    ),
    (
        'period = "weekly"\nprizes = { 1 = 500 }',
        'finalize_after (line 1): prizes are paid when a period is final; write finalize_after = "12h", say',
    ),
    (
        'periods = ["all_time", "weekly"]\nfinalize_after = "12h"\nprizes = { 1 = 500 }',
        'prizes (line 4): the period all_time never ends; write period = "weekly", say',
    ),
    # prizes
    (f"{PRIZES}3", f"prizes (line 4): 3 {NO_PRIZE}"),
    (f"{PRIZES}{{ first = 500 }}", f"prizes (line 4): 'first' {NO_RANKS}"),
    (f"{PRIZES}{{ 0 = 500 }}", f"prizes (line 4): '0-0' {NO_RANKS}"),
    (f"{PRIZES}{{ 10001 = 500 }}", f"prizes (line 4): '10001-10001' {NO_RANKS}"),
    (f'{PRIZES}{{ "3-2" = 500 }}', f"prizes (line 4): '3-2' {NO_RANKS}"),
    (
        f'{PRIZES}{{ 1 = 500, "1-2" = 20 }}',
        "prizes.1-2 (line 4): rank 1 stands twice; write each rank once",
    ),
    (f'{PRIZES}{{ "1-3" = 500, 3 = 20 }}', "prizes.3 (line 4): rank 3 stands twice; write each rank once"),
    (f"{PRIZES}{{ 1 = {{}} }}", "prizes.1 (line 4): gives nothing; write points = 50, a badge or a reward"),
    (f"{PRIZES}{{ 1 = 0.5 }}", "prizes.1.points (line 4): 0.5 is not an amount; write a whole number"),
    (
        f"{PRIZES}{{ 1 = -5 }}",
        "prizes.1.points (line 4): -5 is not an amount; an amount is from 1 to 9007199254740991",
    ),
    (
        f'{PRIZES}{{ 1 = {{ badge = "No Code" }} }}',
        "prizes.1.badge (line 4): 'No Code' is not a code: small letters, digits and _, a letter first, at most 64; "
        "write 'no_code'",
    ),
    (
        f"{PRIZES}{{ 1 = {{ reward = 3 }} }}",
        "prizes.1.reward (line 4): 3 is not a code; a code is text such as 'first_steps'",
    ),
    (
        f'{PRIZES}{{ 1 = {{ badge = "gone" }} }}',
        "prizes (line 4): unknown badge 'gone'; no badge is declared",
    ),
    (
        f'{PRIZES}{{ 1 = {{ reward = "gone" }} }}',
        "prizes (line 4): unknown reward 'gone'; no reward is declared",
    ),
    (
        f"{PRIZES}{{ 1 = {{ points = {{ gems = 3 }} }} }}",
        "prizes (line 4): unknown currency 'gems'; there are points",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), SENTENCES)
def test_each_fault_of_a_board_is_told_with_its_path_and_what_to_write(text: str, sentence: str) -> None:
    """One mistake is one sentence: where, what, and what to write instead."""
    assert faults_of(f"[leaderboards.b]\n{text}") == [f"leaderboards.b.{sentence}"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"seasons": (Season("a", SPRING, JUNE), Season("a", JUNE, date(2026, 9, 1))), "period": "season"},
         "seasons.a: the season 'a' stands twice; give each a name of its own"),
        ({"seasons": ("spring",), "period": "season"}, f"seasons: 'spring' {NO_SEASON}"),
        ({"seasons": (Season(5, SPRING, JUNE),), "period": "season"},  # type: ignore[arg-type]
         "seasons: 5 is not a code; a code is text such as 'first_steps'"),
        ({"prizes": (Prize(1, last=True, points=5),), "period": "weekly", "finalize_after": "12h"},
         f"prizes: '1-True' {NO_RANKS}"),
        ({"prizes": (Prize(1, 1, (("No", 5),)),), "period": "weekly", "finalize_after": "12h"},
         "prizes.1.points: 'No' is not a code: small letters, digits and _, a letter first, at most 64; write 'no'"),
    ],
)  # fmt: skip
def test_a_board_made_in_python_meets_the_same_checks(fields: dict[str, Any], sentence: str) -> None:
    """What a document cannot even say is refused where it is said in Python."""
    with pytest.raises(CatalogError) as caught:
        Catalog(leaderboards=[Leaderboard("b", **fields)])
    assert [str(fault) for fault in caught.value.faults] == [f"leaderboards.b.{sentence}"]


@pytest.mark.parametrize(
    "fields",
    [
        {"period": "season", "seasons": (Season("a", SPRING, JUNE), Season("b", JUNE, date(2026, 9, 1)))},
        {"period": "season", "seasons": (Season("a", SPRING, datetime(2026, 3, 1, 9, tzinfo=UTC)),)},
        {"period": "weekly", "finalize_after": "12h", "prizes": {10_000: 1, "2-3": 2, 1: 3}},
        {"periods": ("all_time", "weekly"), "finalize_after": "12h"},
        {"period": "days", "days": 3660, "anchor": SPRING, "min_score": "5"},
        {"group_by": "team", "group_score": "average"},
    ],
)
def test_what_is_just_within_bounds_is_no_fault(fields: dict[str, Any]) -> None:
    """Seasons that touch, the last rank that can have a prize, a season of part of a day."""
    Catalog(leaderboards=[Leaderboard("b", **fields)])


def test_a_milestone_that_names_no_code_is_a_fault_and_nothing_worse() -> None:
    """What gifts are named by is looked up only once it is a name."""
    text = '[streaks.s]\non = "x"\nmilestones = { 7 = { badge = 3 } }'
    assert faults_of(text) == [
        "streaks.s.milestones.7.badge (line 3): 3 is not a code; a code is text such as 'first_steps'"
    ]


@pytest.mark.parametrize(
    ("field", "value", "path", "remedy"),
    [
        ("prizes", {1: {"point": 5}}, "prizes.1.point", "did you mean 'points'?"),
        (
            "prizes",
            {"2-3": {"points": 5, "trophy": "x"}},
            "prizes.2-3.trophy",
            "there are points, badge, reward",
        ),
        (
            "seasons",
            {"spring": {"when": SPRING, "ends": JUNE}},
            "seasons.spring.when",
            "there are starts, ends",
        ),
        ("seasons", [{"code": "spring"}], "seasons.code", "write { spring ="),
    ],
)
def test_an_unknown_key_is_named_in_python_as_in_toml(field: str, value: Any, path: str, remedy: str) -> None:
    """What was made of no season and of no prize is told by the key that nobody knows."""
    period = "season" if field == "seasons" else "weekly"
    fields: dict[str, Any] = {"period": period, "finalize_after": "1h", field: value}
    with pytest.raises(CatalogError) as caught:
        Catalog(leaderboards=[Leaderboard("b", **fields)])
    assert [(fault.path, remedy in fault.remedy) for fault in caught.value.faults] == [
        (f"leaderboards.b.{path}", True)
    ]
