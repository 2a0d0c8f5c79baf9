"""Hypothesis strategies: catalogs, and events, calls and histories that are valid for a catalog.

    @given(histories_for(CATALOG))
    def test_nobody_is_ever_in_debt(history):
        game = Engine(CATALOG, clock=(clock := ManualClock()))
        live(game, clock, history)
        assert game.points.balance("ada").balance >= 0

`live` is in `gamify_core.testing.living`. Values lie where the catalog's own conditions turn (see `sampling`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from gamify_core.catalog import (
    Badge,
    Cap,
    Catalog,
    Challenge,
    Currency,
    Event,
    Ladder,
    Leaderboard,
    Metric,
    Reward,
    Rule,
    Streak,
)
from gamify_core.catalog.definitions import Period
from gamify_core.services.events import Emit
from gamify_core.testing.living import Call, Step, Wait, live
from gamify_core.testing.sampling import EventSample, event_samples, nested

try:
    from hypothesis import strategies as st
except ImportError as _missing:  # pragma: no cover - it is there wherever this is tested
    _needs = "gamify_core.testing.strategies needs Hypothesis: pip install hypothesis"
    raise ImportError(_needs) from _missing

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

__all__ = ["PEOPLE", "calls_for", "catalogs", "events_for", "histories_for", "live", "waits"]

_LEFT_OUT: Any = object()
PEOPLE = ("ada", "bob", "cleo")
"""Whom histories are about, unless others are named."""

_WAITS = (
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(hours=23, minutes=59),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=7),
    timedelta(days=31),
)


# -- for a catalog --------------------------------------------------------------------------------------------


def events_for(catalog: Catalog, *, people: Sequence[str] = PEOPLE) -> SearchStrategy[Emit]:
    """Return events that a catalog accepts, of these people; any property may be left out.

    >>> from gamify_core.testing.sampling import event_samples
    >>> lesson = Rule("lesson", on="lesson_finished", when="score >= 60", award=19)
    >>> event_samples(Catalog(rules=[lesson]))[0].properties["score"][:3]
    (59, 60, 61)
    """
    who = st.sampled_from(people)
    return st.one_of([_event(sample, who) for sample in event_samples(catalog)])


def _event(sample: EventSample, who: SearchStrategy[str]) -> SearchStrategy[Emit]:
    # Each property is one choice, and that it is left out the first of them: so examples are small, and get small soon
    choices = [st.sampled_from((_LEFT_OUT, *values)) for values in sample.properties.values()]

    def made(drawn: tuple[Any, ...]) -> Emit:
        one, *values = drawn
        pairs = zip(sample.properties, values, strict=True)
        return Emit(one, sample.name, nested(pair for pair in pairs if pair[1] is not _LEFT_OUT))

    return st.tuples(who, *choices).map(made)


def calls_for(catalog: Catalog, *, people: Sequence[str] = PEOPLE) -> SearchStrategy[Call]:
    """Return calls whose arguments are valid for a catalog; for want of points or stock they may be refused."""
    who = st.sampled_from(people)
    amounts = st.sampled_from([1, 2, 5, 10, 50, 100, 1_000])
    found = [_calls(name, who, amounts) for name in ("points.award", "points.deduct")]
    if len(people) > 1:
        pairs = st.sampled_from([(a, b) for a in people for b in people if a != b])
        found.append(st.builds(lambda pair, n: Call("points.transfer", (*pair, n)), pairs, amounts))
    if catalog.badges:
        found.append(_calls("badges.award", who, st.sampled_from([badge.code for badge in catalog.badges])))
    minted = [badge.code for badge in catalog.badges if badge.max_supply is not None]
    if minted:
        found.append(
            st.builds(lambda code, one: Call("assets.mint", (code, one)), st.sampled_from(minted), who)
        )
    recorded = [streak.code for streak in catalog.streaks if not streak.goals]
    if recorded:
        found.append(_calls("streaks.record", who, st.sampled_from(recorded)))
    claimed = [reward.code for reward in catalog.rewards]
    if claimed:
        found.append(
            st.builds(lambda code, one: Call("rewards.claim", (code, one)), st.sampled_from(claimed), who)
        )
    return st.one_of(found)


def _calls(
    name: str, who: SearchStrategy[str], what: SearchStrategy[str] | SearchStrategy[int]
) -> SearchStrategy[Call]:
    return st.builds(lambda one, thing: Call(name, (one, thing)), who, what)


def waits() -> SearchStrategy[Wait]:
    """Return stretches of time to let pass, up to a month."""
    return st.sampled_from(_WAITS).map(Wait)


def histories_for(
    catalog: Catalog, *, people: Sequence[str] = PEOPLE, calls: bool = True, max_size: int = 20
) -> SearchStrategy[list[Step]]:
    """Return histories: events, time that passes, and (with `calls`) other commands. `live` lives through one."""
    events: SearchStrategy[Step] = events_for(catalog, people=people)
    steps: SearchStrategy[Step] = events | events | waits()
    if calls:
        steps = steps | calls_for(catalog, people=people)
    return st.lists(steps, max_size=max_size)


# -- catalogs -------------------------------------------------------------------------------------------------

_EVENTS = ("lesson", "visit", "sale")
_KINDS = {"n": "integer", "word": "text", "ok": "boolean"}
_CONDITIONS = (
    *("n >= 5", "n % 2 == 0", "n > 1 and ok", 'word in ("a", "b")', "has(word)", "not ok"),
    *("chance(0.5)", "event.local_hour < 12", "participant.plan == 'pro'"),
)
_BOTH: Mapping[str, int | str] = {"points": 2, "gems": "n"}
_AMOUNTS: tuple[int | str | Mapping[str, int | str], ...] = (1, 10, "n", "1 + n // 2", "roll(1, 6)", _BOTH)
_PERIODS: tuple[Period, ...] = ("daily", "weekly", "all_time")


@st.composite
def catalogs(draw: DrawFn) -> Catalog:
    """Draw sound catalogs with some of everything: what holds for all of them holds for the library.

    Badges and challenges rest on what events count, so that no catalog gives without end.
    """
    codes = draw(st.lists(st.sampled_from(_EVENTS), min_size=1, max_size=3, unique=True))
    names = st.sampled_from(codes)
    metrics = [draw(_metric(f"m{n}", names)) for n in range(draw(st.integers(0, 3)))]
    streaks = [draw(_streak(f"s{n}", names)) for n in range(draw(st.integers(0, 2)))]
    counted = [metric.code for metric in metrics if metric.min is None and metric.latest is None]
    counted.append("events.count")
    read = st.sampled_from([*counted, "points.earned", *(f"streak.{streak.code}" for streak in streaks)])
    badges = [draw(_badge(f"b{n}", read)) for n in range(draw(st.integers(0, 3)))]
    rules = [draw(_rule(f"r{n}", names, metrics, streaks, badges)) for n in range(draw(st.integers(0, 4)))]
    declared = [Event(code, **_KINDS) for code in codes] if draw(st.booleans()) else []
    return Catalog(
        timezone=draw(st.sampled_from(["UTC", "Europe/Paris", "Asia/Kathmandu"])),
        currencies=[draw(_gems())],
        events=declared,
        metrics=metrics,
        streaks=streaks,
        badges=badges,
        rules=rules,
        ladders=draw(st.just([]) | _ladder(counted).map(lambda ladder: [ladder])),
        leaderboards=draw(
            st.lists(st.sampled_from(_PERIODS), max_size=2, unique=True).map(
                lambda periods: [Leaderboard(f"top_{period}", period=period) for period in periods]
            )
        ),
        rewards=draw(
            st.just([]) | st.integers(1, 3).map(lambda n: [Reward("mug", points_cost=5, total_inventory=n)])
        ),
        challenges=draw(
            st.just([])
            | st.sampled_from(counted).map(
                lambda metric: [Challenge("c0", goals=f"{metric} >= 2", period="weekly", points=3)]
            )
        ),
    )


def _gems() -> SearchStrategy[Currency]:
    """Draw a currency of which some lapses, and some counts only later."""
    return st.builds(
        Currency,
        st.just("gems"),
        expires=st.sampled_from([None, None, "1d", "1mo"]),
        matures=st.sampled_from([None, None, None, "12h"]),
    )


@st.composite
def _metric(draw: DrawFn, code: str, names: SearchStrategy[str]) -> Metric:
    takes: dict[str, str] = draw(
        st.sampled_from([{}, {"sum": "n"}, {"max": "n"}, {"min": "n"}, {"latest": "n"}, {"distinct": "word"}])
    )
    when = draw(st.none() | st.sampled_from(["n > 0", "ok"]))
    return Metric(
        code,
        on=draw(names),
        when=when,
        sum=takes.get("sum"),
        max=takes.get("max"),
        min=takes.get("min"),
        latest=takes.get("latest"),
        distinct=takes.get("distinct"),
    )


@st.composite
def _streak(draw: DrawFn, code: str, names: SearchStrategy[str]) -> Streak:
    return Streak(
        code,
        period=draw(st.sampled_from(["daily", "weekly"])),
        grace_period_hours=draw(st.sampled_from([0, 4])),
        freeze_cap=draw(st.sampled_from([0, 1])),
        on=draw(st.just(()) | names.map(lambda name: (name,))),
    )


@st.composite
def _badge(draw: DrawFn, code: str, read: SearchStrategy[str]) -> Badge:
    atoms = draw(st.lists(st.tuples(read, st.integers(1, 20)), max_size=2))
    joined = draw(st.sampled_from([" and ", " or "])).join(f"{metric} >= {least}" for metric, least in atoms)
    supply = draw(st.none() | st.integers(1, 2))
    return Badge(code, criteria=joined or None, points=draw(st.integers(0, 9)), max_supply=supply)


@st.composite
def _rule(  # noqa: PLR0913 - what a rule may name
    draw: DrawFn,
    code: str,
    names: SearchStrategy[str],
    metrics: list[Metric],
    streaks: list[Streak],
    badges: list[Badge],
) -> Rule:
    conditions = [*_CONDITIONS, *(f'metric("{metric.code}") >= 2' for metric in metrics)]
    caps = st.builds(Cap, points=st.sampled_from([5, 30]), per=st.just("daily")) | st.builds(
        Cap, times=st.integers(1, 2), per=st.just("weekly")
    )
    recorded = [streak.code for streak in streaks]
    return Rule(
        code,
        on=draw(names),
        when=draw(st.none() | st.sampled_from(conditions)),
        award=draw(st.sampled_from(_AMOUNTS)),
        deduct=draw(st.sampled_from([None, None, 3])),
        streak=draw(st.sampled_from([(), *((one,) for one in recorded)])),
        badge=draw(st.sampled_from([(), *((badge.code,) for badge in badges)])),
        cap=draw(st.none() | caps),
        cooldown=draw(st.none() | st.sampled_from(["1h", "1d"])),
        rounding="floor",
    )


@st.composite
def _ladder(draw: DrawFn, counted: list[str]) -> Ladder:
    metric = draw(st.sampled_from(["points.earned", "points.balance", *counted]))
    higher = draw(st.lists(st.integers(1, 200), min_size=1, max_size=3, unique=True))
    rungs = {f"t{n}": least for n, least in enumerate([0, *sorted(higher)])}
    return Ladder("tier", rungs, metric=metric, demotion=draw(st.sampled_from(["never", "immediate"])))
