"""What a simulated day costs: ten rules, half an event per participant and day, all sums kept.

    python -m benchmarks.simulation

The peer is the same game written by hand in SimPy: one process per participant, the ten rules as Python statements, the
draws made by hand from the same streams, points summed up by cause and day. Both end with the same points by cause and
day, or the benchmark stops. What the peer leaves out is most of what the engine does with an event. It keeps no rows
(of events, movements, metrics in their periods, activities of streaks, rungs, badges), so nobody could ask it for a
balance at an instant, a history, an undo or a why. It says nothing of what happened beside those sums: no runs that
broke, no rarity, no tiers by age, no retention, no balances by persona. It knows one zone without a summer time, and no
late events, grace, freezes, rest days, thresholds but its own `if`s, or amounts that may not fit. It decides nothing
that is not in this one catalog.
The last lines tell how the engine's time grows with what a catalog asks: nothing at all of the same number of events,
points for each, a counter, a ladder, a streak with each. The first of them is the floor of this road.
Where SimPy is not installed (it is a development extra) the peer is the same loop without it.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Generator
from itertools import accumulate
from random import Random
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.bars import Line, at_least, page, rate_of
from benchmarks.doses import NORMAL, Dose, dose_of
from benchmarks.measure import Comparison, Spread, compare, environment
from gamify_core import Badge, Cap, Catalog, Ladder, Metric, Mix, Persona, Rule, Scenario, Streak, simulate
from gamify_core.simulation.acting import EVENING
from gamify_core.simulation.running import Plan, hired, run
from gamify_core.simulation.simulating import START
from gamify_core.simulation.streams import number
from gamify_core.simulation.tallies import Tally

if TYPE_CHECKING:
    from simpy import Event

__all__ = ["CATALOG", "by_hand", "main"]

DAYS, SEED = 90, 1
WEEK = 7
EVENTS = ("login", "lesson", "quiz", "share")

CATALOG = Catalog(
    metrics=[Metric("lessons", on="lesson"), Metric("quizzes", on="quiz")],
    rules=[
        Rule("login", on="login", award=5, streak="daily", cap=Cap(times=1, per="daily")),
        Rule("lesson", on="lesson", when="score >= 60", award="10 + score // 10"),
        Rule("perfect", on="lesson", when="score == 100", award=20),
        Rule("night", on="lesson", when="hour >= 22", award=2),
        Rule("quiz", on="quiz", when="score >= 50", award="score // 5", cap=Cap(points=100, per="daily")),
        Rule("retry", on="quiz", when="score < 50", award=1),
        Rule("top", on="quiz", when="score >= 95", award=15),
        Rule("share", on="share", award=3),
        Rule("evening", on="share", when="hour >= 20", award=5),
        Rule("stamp", on="share", deduct=1),
    ],
    streaks=[Streak("daily")],
    ladders=[Ladder("tier", {"bronze": 0, "silver": 200, "gold": 2000})],
    badges=[
        Badge("ten", criteria="lessons >= 10", points=50),
        Badge("week", criteria=f"streak.daily >= {WEEK}", points=70),
    ],
)
SCENARIO = Scenario([Persona("player", activity=0.5)])
SENT = Scenario([Persona("player", activity=0.5, events={name: Mix() for name in EVENTS})])
"""The same number of events, whether or not a catalog asks anything of them."""

POINTS = Rule("points", on=EVENTS, award=5)
TIERS = Ladder("tier", {"bronze": 0, "silver": 200, "gold": 2000})
COUNTED = Metric("sent", on=EVENTS)
GROWING = {
    "events alone, no rules": Catalog(),
    "… points for each": Catalog(rules=[POINTS]),
    "… counted": Catalog(rules=[POINTS], metrics=[COUNTED]),
    "… a ladder": Catalog(rules=[POINTS], metrics=[COUNTED], ladders=[TIERS]),
    "… a streak with each": Catalog(
        rules=[POINTS, Rule("run", on=EVENTS, streak="daily")],
        metrics=[COUNTED],
        ladders=[TIERS],
        streaks=[Streak("daily")],
    ),
}
"""What a catalog asks of events, one thing more each time."""

Totals = dict[str, list[int]]


class Player:
    """Somebody, as a hand-written simulation keeps them."""

    __slots__ = (
        "balance",
        "day",
        "earned",
        "last",
        "lessons",
        "logged",
        "points",
        "run",
        "ten",
        "tier",
        "week",
    )

    def __init__(self) -> None:
        """Begin with nothing."""
        self.balance = self.earned = self.lessons = self.run = self.points = self.tier = 0
        self.day = self.last = self.logged = -1
        self.ten = self.week = False


class ByHand:
    """The ten rules as statements."""

    def __init__(self) -> None:
        """Begin with no points."""
        self.totals: Totals = defaultdict(lambda: [0] * DAYS)
        self.rungs = [[0] * DAYS for _ in range(3)]

    def award(self, player: Player, day: int, cause: str, amount: int) -> None:
        """Give points, and the rung that they reach."""
        player.balance += amount
        player.earned += amount
        self.totals[cause][day] += amount
        tier = 2 if player.earned >= 2000 else 1 if player.earned >= 200 else 0  # noqa: PLR2004 - the ladder
        if tier > player.tier:
            player.tier = tier
            self.rungs[tier][day] += 1

    def event(self, player: Player, day: int, name: str, score: int, hour: int) -> None:  # noqa: C901, PLR0912
        """Decide an event."""
        award = self.award
        if name == "login":
            if player.logged != day:
                player.logged = day
                award(player, day, "rule:login", 5)
                player.run = player.run + 1 if player.last == day - 1 else 1
                player.last = day
                if player.run >= WEEK and not player.week:
                    player.week = True
                    award(player, day, "badge:week", 70)
        elif name == "lesson":
            player.lessons += 1
            if score >= 60:  # noqa: PLR2004 - the rules' own numbers, here and below
                award(player, day, "rule:lesson", 10 + score // 10)
            if score == 100:  # noqa: PLR2004
                award(player, day, "rule:perfect", 20)
            if hour >= 22:  # noqa: PLR2004
                award(player, day, "rule:night", 2)
            if player.lessons >= 10 and not player.ten:  # noqa: PLR2004
                player.ten = True
                award(player, day, "badge:ten", 50)
        elif name == "quiz":
            if player.day != day:
                player.day, player.points = day, 0
            if score >= 50:  # noqa: PLR2004
                amount = min(score // 5, 100 - player.points)
                if amount:
                    player.points += amount
                    award(player, day, "rule:quiz", amount)
            else:
                award(player, day, "rule:retry", 1)
            if score >= 95:  # noqa: PLR2004
                award(player, day, "rule:top", 15)
        else:
            award(player, day, "rule:share", 3)
            if hour >= 20:  # noqa: PLR2004
                award(player, day, "rule:evening", 5)
            if player.balance:
                player.balance -= 1
                self.totals["rule:stamp"][day] += 1


_SUMS = tuple(accumulate(EVENING))


def draws(participant: int) -> Generator[tuple[int, float, str, int, int]]:
    """Draw what somebody does: the day, the time of day, the event, the score and the hour."""
    coming = Random(number(SEED, 0, participant, "days")).random
    days = [day for day in range(DAYS) if coming() < 0.5]  # noqa: PLR2004 - half of the days
    draw = Random(number(SEED, 0, participant, "acts")).random
    for day in days:
        name = EVENTS[int(draw() * 4)]
        hour = bisect_right(_SUMS, draw() * _SUMS[-1])
        minute = draw()
        score = int(draw() * 101) if name in {"lesson", "quiz"} else 0
        yield day, day + (hour + minute) / 24, name, score, hour


def by_hand(players: int) -> Totals:
    """Simulate a season in SimPy, or in a plain loop where there is none."""
    game = ByHand()
    try:
        from simpy import Environment  # noqa: PLC0415 - a development extra
    except ImportError:
        for participant in range(players):
            player = Player()
            for day, _, name, score, hour in draws(participant):
                game.event(player, day, name, score, hour)
        return game.totals
    world = Environment()

    def life(participant: int) -> Generator[Event, None, None]:
        player = Player()
        for day, at, name, score, hour in draws(participant):
            yield world.timeout(at - world.now)
            game.event(player, day, name, score, hour)

    for participant in range(players):
        world.process(life(participant))
    world.run(until=DAYS)
    return game.totals


def by_engine(players: int, catalog: Catalog = CATALOG, scenario: Scenario = SCENARIO) -> Tally:
    """Simulate the same season with a catalog."""
    result = simulate(catalog, players=players, days=DAYS, seed=SEED, scenario=scenario)
    return result.tallies[0]


def check(players: int) -> None:
    """Stop unless both end with the same points, by cause and by day."""
    mine = {cause: days for (_, _, cause), days in by_engine(players).amounts.items()}
    theirs = {cause: days for cause, days in by_hand(players).items() if any(days)}
    if mine != theirs:
        raise RuntimeError("the simulation and its peer do not agree")


def main(dose: Dose = NORMAL) -> list[Line]:
    """Print every figure beside its bar, and return the lines."""
    players = max(dose.memory // 40, 1)
    check(min(players, 50))

    def hand(days: int) -> None:
        by_hand(days // DAYS)

    def engine(days: int) -> None:
        by_engine(days // DAYS)

    measured = compare(hand, engine, players * DAYS, rounds=dose.rounds)
    lines = [
        Line("ten rules, half an event a day", *measured, (at_least(0.25), rate_of(50_000))),
        Line("two processes beside one", *two_processes(players, dose.rounds), (at_least(1.7),)),
    ]
    for what, catalog in GROWING.items():

        def sent(days: int, catalog: Catalog = catalog) -> None:
            by_engine(days // DAYS, catalog, SENT)

        lines.append(Line(what, *compare(hand, sent, players * DAYS, rounds=dose.rounds)))
    heads = ("by hand, or one process /s", "simulate /s", "simulate / the other")
    print(page("Simulation, player-days", heads, lines))
    return lines


def two_processes(players: int, rounds: int) -> Comparison:
    """Compare two processes, which are there already, with this one."""
    plan = Plan(CATALOG, SCENARIO, START, DAYS, players, SEED, together=False)
    ones, twos = list[float](), list[float]()
    block = max(1, players // 16)
    with hired(2, None) as hands:
        run(plan, range(2), hands, block=block)
        for _ in range(rounds):
            for executor, rates in ((None, ones), (hands, twos)):
                started = perf_counter()
                run(plan, range(2), executor, block=block)
                rates.append(2 * players * DAYS / (perf_counter() - started))
    ratios = [two / one for one, two in zip(ones, twos, strict=True)]
    return Comparison(Spread.of(ones), Spread.of(twos), Spread.of(ratios))


if __name__ == "__main__":
    print(environment(), end="\n\n")
    main(dose_of(sys.argv[1:]))
