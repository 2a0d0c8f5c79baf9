"""Laws of what a streak counts: bounds, life and death, and what more activity or more leniency can do."""

from __future__ import annotations

from itertools import pairwise

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from gamify_core.domain.periods import DAY, HOUR, Calendar
from gamify_core.domain.streaks import (
    NO_PARDONS,
    Mark,
    Pardons,
    StreakRules,
    fold,
    history,
    missed,
    plain,
    satisfied_labels,
)
from tests.domain.streak_worlds import (
    BOTH,
    World,
    carried_worlds,
    folded,
    looked_at,
    mark_at,
    past,
    travels,
    worlds,
)

_FIXED = st.one_of(worlds(), worlds(wide=True, modes=BOTH))
_ANY = st.one_of(_FIXED, travels(modes=BOTH), carried_worlds(modes=BOTH))


def _done(world: World) -> tuple[int, ...]:
    return satisfied_labels(world.marks, world.rules, world.line, world.pardons)


@given(_ANY)
def test_counts_stay_in_their_bounds(world: World) -> None:
    """0 <= current <= longest <= satisfied periods <= activities, and what lives is neither none nor broken."""
    seen, done = looked_at(world), len(_done(world))
    assert 0 <= seen.current <= seen.longest <= done <= len(world.marks)
    assert (seen.current > 0) == (seen.status not in {"none", "broken"})
    assert 0 <= seen.progress <= seen.target
    assert all(0 <= so_far <= goal for so_far, goal in seen.parts)
    assert [goal for _, goal in seen.parts] == list(world.rules.goals)


@given(_ANY)
def test_freezes_stay_in_their_bounds(world: World) -> None:
    """Freezes held stay under the cap; used ones were granted or earned, and only a living run uses any."""
    state, seen = folded(world), looked_at(world)
    assert 0 <= seen.freezes <= world.rules.freeze_cap
    lost = missed(state, world.rules, world.line, world.pardons, world.until)
    used = (0 if state is None else state.consumed) + sum(miss.outcome == "frozen" for miss in lost)
    earned = len(_done(world)) // world.rules.freeze_every if world.rules.freeze_every else 0
    assert used + seen.freezes <= sum(number for _, number in world.pardons.grants) + earned
    assert all(miss.length > 0 for miss in lost)


@given(_ANY)
def test_history_tells_the_same_story(world: World) -> None:
    """The runs add up to the counts of the state, follow each other, and only the last can be alive."""
    state = folded(world)
    runs = history(world.marks, world.rules, world.line, world.pardons, world.until)
    if state is None:
        assert runs == ()
        return
    assert (len(runs), max((run.length for run in runs), default=0)) == (state.runs, state.longest)
    assert all(earlier.end_label < later.start_label for earlier, later in pairwise(runs))
    assert all(run.ended_at is not None for run in runs[:-1])
    assert sum(run.length for run in runs) == len(_done(world))
    if runs:
        seen = looked_at(world)
        assert (runs[-1].length, runs[-1].end_label) == (state.run, state.last)
        assert runs[-1].ended_at == seen.broken_at


@given(st.one_of(_FIXED, travels(modes=BOTH)))
def test_it_expires_when_it_says(world: World) -> None:
    """A microsecond before `expires_at` the count is the same; then, without freezes, it is 0."""
    pardons = Pardons(world.pardons.pauses, world.pardons.repaired)
    world = past(world._replace(pardons=pardons, rules=evolve(world.rules, freeze_every=0)))
    seen = looked_at(world)
    if seen.expires_at is None:
        assert seen.current == 0
        return
    assert seen.expires_at > world.until
    assert looked_at(world, seen.expires_at - 1).current == seen.current > 0
    after = looked_at(world, seen.expires_at)
    assert (after.current, after.status, after.lost_count) == (0, "broken", seen.current)


@given(st.one_of(worlds(target=1, modes=BOTH), travels(modes=BOTH)))
def test_alive_means_that_acting_now_extends(world: World) -> None:
    """An activity now adds one to a living run if there is anything to fill, and starts one otherwise."""
    world = past(world)
    mark = mark_at(world.until, 99, world.rules, world.line)
    more = world._replace(marks=(*world.marks, mark))
    seen, acted, state = looked_at(world), looked_at(more), folded(world)
    done = mark.label in _done(world)
    assert seen.status != "active" or done
    if seen.current == 0:
        assert acted.current == 1
    elif state is not None and state.label <= mark.label:
        assert acted.current == seen.current + len(_done(more)) - len(_done(world))
        if world.rules.grace_mode == "keep_alive":
            assert acted.current == seen.current + (not done)


@given(worlds(target=1))
def test_the_same_period_again_changes_no_count(world: World) -> None:
    """With a target of one, an activity in a satisfied period leaves every count."""
    for mark in world.marks:
        again = world._replace(marks=(*world.marks, mark._replace(id=99)))
        assert (looked_at(again).current, looked_at(again).longest) == (
            looked_at(world).current,
            looked_at(world).longest,
        )


@given(worlds(target=1, freezes=False, modes=BOTH), st.integers(0, 13))
def test_more_activity_never_lowers(world: World, which: int) -> None:
    """Without freezes, one more activity lowers neither the longest run nor the current one."""
    if not world.marks:
        return
    less = world._replace(marks=tuple(m for n, m in enumerate(world.marks) if n != which % len(world.marks)))
    assert looked_at(less).longest <= looked_at(world).longest
    assert looked_at(past(less)).current <= looked_at(past(world)).current


@given(worlds(freezes=False, wide=True), st.integers(0, 13))
def test_more_activity_never_shortens_the_longest_run(world: World, which: int) -> None:
    """Whatever is counted, without freezes: one more activity never lowers the longest run."""
    if world.marks:
        less = world._replace(
            marks=tuple(m for n, m in enumerate(world.marks) if n != which % len(world.marks))
        )
        assert looked_at(less).longest <= looked_at(world).longest
        assert set(_done(less)) <= set(_done(world))


@given(worlds(freezes=False, wide=True))
def test_more_leniency_never_lowers(world: World) -> None:
    """Without freezes, more grace, pauses, repairs or rest days never lower the current run.

    (With credit they may: an activity can be drawn to a day that was not worth it.)
    """
    rules, _, pardons, marks, _ = world
    daily = rules.calendar.kind == "daily"
    kinder = [
        world._replace(rules=evolve(rules, grace=rules.grace + HOUR)),
        world._replace(rules=evolve(rules, rest_weekdays=rules.rest_weekdays | ({1} if daily else set()))),
    ]
    for mark in marks[:2]:
        pause = (mark.instant + DAY, mark.instant + 3 * DAY)
        kinder.append(world._replace(pardons=Pardons((*pardons.pauses, pause), pardons.repaired)))
        repaired = pardons.repaired | {mark.label + 1}
        kinder.append(world._replace(pardons=Pardons(pardons.pauses, repaired)))
    assert all(looked_at(world).current <= looked_at(kind).current for kind in kinder)


@given(worlds(wide=True, freezes=False))
def test_lower_goals_never_lower_the_longest_run(world: World) -> None:
    """Without freezes, whoever reaches all goals reaches any of them, and lower ones too."""
    rules = world.rules
    lower = evolve(
        rules, goals=tuple(max(1, goal - 1) for goal in rules.goals), target=max(1, rules.target - 1)
    )
    for easier in (lower, evolve(rules, match="any"), evolve(rules, distinct_days=False)):
        assert looked_at(world).longest <= looked_at(world._replace(rules=easier)).longest


@given(travels())
def test_zone_hopping_gains_a_day_or_two_at_most(world: World) -> None:
    """However the zones change, a daily run is hardly longer than the time it took."""
    if world.marks:
        took = world.marks[-1].instant - world.marks[0].instant
        assert looked_at(world).longest <= 2 + (took + 26 * HOUR) // DAY


@given(worlds(target=1, freezes=False))
def test_days_in_a_row_are_weeks_in_a_row(world: World) -> None:
    """A daily run of r days, unforgiven, gives a weekly run of r/7 weeks, rounded up."""
    here = world.line.zones[0]
    longest = []
    for rules in (StreakRules(Calendar("daily")), StreakRules(Calendar("weekly"))):
        marks = [Mark(rules.calendar.label(m.instant, here), m.instant, m.id) for m in world.marks]
        state = fold(marks, rules, world.line)
        longest.append(0 if state is None else state.longest)
    assert longest[1] >= -(-longest[0] // 7)


@given(_ANY)
def test_credit_without_grace_is_no_credit(world: World) -> None:
    """Where there is no grace, both ways of it are the same."""
    rules = evolve(world.rules, grace=0)
    both = [world._replace(rules=evolve(rules, grace_mode=mode)) for mode in BOTH]
    assert looked_at(both[0]) == looked_at(both[1])
    assert folded(both[0]) == folded(both[1])


@given(_ANY)
def test_one_goal_is_a_target(world: World) -> None:
    """A single goal asks what a target asks, by all or by any; only its part is told beside it."""
    if plain(world.rules):
        goal = world._replace(rules=evolve(world.rules, goals=(world.rules.target,), target=1))
        assert looked_at(goal)[:9] == looked_at(world)[:9]
        assert folded(goal) == folded(world)
        assert looked_at(goal).parts == ((looked_at(world).progress, world.rules.target),)


@given(worlds(target=1))
def test_every_day_once_is_a_distinct_day(world: World) -> None:
    """Asked for one activity a period, it is the same to count days."""
    days = world._replace(rules=evolve(world.rules, distinct_days=True))
    assert looked_at(days) == looked_at(world)
    assert fold(world.marks, days.rules, world.line, NO_PARDONS) is None or _done(days) == _done(world)
