"""Laws of streaks, tried at the edges of periods, in zones with strange clocks, and against a nightly job."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gamify_core.domain.periods import DAY, HOUR, SECOND, Calendar
from gamify_core.domain.streak_fold import chain_of
from gamify_core.domain.streaks import (
    NO_PARDONS,
    Mark,
    Pardons,
    Reading,
    State,
    StreakRules,
    compare,
    fold,
    history,
    missed,
    read,
    step,
    surplus,
)
from gamify_core.domain.zones import ZoneLine, zone
from tests.domain.streak_worlds import World, carried_worlds, nightly, travels, worlds

if TYPE_CHECKING:
    from random import Random

_ANY = st.one_of(worlds(), travels(), carried_worlds())


def _fold(world: World) -> State | None:
    return fold(world.marks, world.rules, world.line, world.pardons)


def _read(world: World, as_of: int | None = None) -> Reading:
    at = world.until if as_of is None else as_of
    return read(_fold(world), world.rules, world.line, world.pardons, at)


def _past(world: World) -> World:
    """Return the world with only what had happened by `until`."""
    return world._replace(marks=tuple(mark for mark in world.marks if mark.instant <= world.until))


def _with(world: World, at: int) -> World:
    label = world.rules.calendar.label(at, world.line.at(at))
    return world._replace(marks=(*world.marks, Mark(label, at, 99)))


@given(worlds())
def test_agrees_with_a_nightly_job(world: World) -> None:
    """Counts and freezes are those of a job that lives through all grants, deadlines and activities.

    Not where the clock is put back over the start of a day (Havana repeats the hour after midnight, so a day from
    00:30 begins twice): there yesterday comes back for half an hour, which a job that wakes once cannot see.
    """
    assume(not (world.rules.calendar.day_start and world.line.zones == (zone("America/Havana"),)))
    world = _past(world)
    night, state, seen = nightly(world), _fold(world), _read(world)
    assert (seen.current, seen.longest, seen.freezes) == night[:3]
    used = missed(state, world.rules, world.line, world.pardons, world.until)
    before = 0 if state is None else state.consumed
    assert before + sum(miss.outcome == "frozen" for miss in used) == night.used


@given(_ANY, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(world: World, luck: Random) -> None:
    """After every prefix of every order, duplicates among them, the step (or a new fold) equals the fold."""
    order = [*world.marks, *world.marks[:3]]
    luck.shuffle(order)
    state: State | None = None
    for number, mark in enumerate(order, 1):
        whole = fold(set(order[:number]), world.rules, world.line, world.pardons)
        assert state is None or _surplus(state, mark, order[: number - 1], world.rules) in (None, whole)
        assert fold(order[:number], world.rules, world.line, world.pardons) == whole
        after = step(state, mark, world.rules, world.line, world.pardons)
        assert after is None or after == whole
        state = whole


def _surplus(state: State, mark: Mark, told: list[Mark], rules: StreakRules) -> State | None:
    """Return what the first marks of the period say about one more, which has to be new."""
    beside = sorted({seen for seen in told if seen.label == mark.label})[: rules.target]
    return surplus(state, mark, beside, rules.target) if mark not in told else None


@given(_ANY, st.randoms(use_true_random=False))
def test_what_nothing_waited_for_is_not_folded_again(world: World, luck: Random) -> None:
    """A new activity changes no run when its period had its target by then, and only then it is surplus."""
    order = list(world.marks)
    luck.shuffle(order)
    for number, mark in enumerate(order):
        state = fold(order[:number], world.rules, world.line, world.pardons)
        if state is None:
            continue
        sooner = [seen for seen in order[:number] if seen.label == mark.label and seen < mark]
        after = _surplus(state, mark, order[:number], world.rules)
        assert (after is not None) == (len(sooner) >= world.rules.target)
        if after is not None:
            assert chain_of(after) == chain_of(state)


@given(_ANY)
def test_the_longest_run_is_dated_by_the_activity_that_completed_it(world: World) -> None:
    """Telling the activities by period, it is the first with which the longest run has its length."""
    marks, whole = sorted(world.marks), _fold(world)
    for number in range(1, len(marks) + 1):
        state = fold(marks[:number], world.rules, world.line, world.pardons)
        assert state is not None
        assert whole is not None
        if state.longest == whole.longest:
            assert whole.longest_at == (marks[number - 1].instant if whole.longest else None)
            return
    assert whole is None


@given(st.one_of(worlds(), carried_worlds()))
def test_in_order_it_is_one_step_each(world: World) -> None:
    """Activities whose instants and labels rise are never folded again."""
    state: State | None = None
    for mark in sorted(world.marks):
        if state is not None and (mark.instant, mark.id) < (state.seen, state.seen_id):
            return  # carried offsets can make the label rise while the instant falls
        state = step(state, mark, world.rules, world.line, world.pardons)
        assert state is not None
    assert state == _fold(world)


@given(_ANY)
def test_counts_stay_in_their_bounds(world: World) -> None:
    """0 <= current <= longest <= satisfied periods; freezes stay under the cap, used ones are given ones."""
    state, seen = _fold(world), _read(world)
    satisfied = len({mark.label for mark in world.marks})
    assert 0 <= seen.current <= seen.longest <= satisfied
    assert 0 <= seen.freezes <= world.rules.freeze_cap
    given_freezes = sum(number for _, number in world.pardons.grants)
    lost = missed(state, world.rules, world.line, world.pardons, world.until)
    assert (0 if state is None else state.consumed) + sum(
        miss.outcome == "frozen" for miss in lost
    ) <= given_freezes
    assert (seen.current > 0) == (seen.status not in {"none", "broken"})


@given(_ANY)
def test_history_tells_the_same_story(world: World) -> None:
    """The runs add up to the counts of the state, follow each other, and only the last can be alive."""
    state = _fold(world)
    runs = history(world.marks, world.rules, world.line, world.pardons, world.until)
    if state is None:
        assert runs == ()
        return
    assert (len(runs), max((run.length for run in runs), default=0)) == (state.runs, state.longest)
    assert all(earlier.end_label < later.start_label for earlier, later in pairwise(runs))
    assert all(run.ended_at is not None for run in runs[:-1])
    if runs:
        seen = _read(world)
        assert (runs[-1].length, runs[-1].end_label) == (state.run, state.last)
        assert runs[-1].ended_at == seen.broken_at


@given(st.one_of(worlds(), travels()))
def test_it_expires_when_it_says(world: World) -> None:
    """A microsecond before `expires_at` the count is the same; then, without freezes, it is 0."""
    world = world._replace(pardons=Pardons(world.pardons.pauses, world.pardons.repaired))
    world = _past(world)
    seen = _read(world)
    if seen.expires_at is None:
        assert seen.current == 0
        return
    assert seen.expires_at > world.until
    assert _read(world, seen.expires_at - 1).current == seen.current > 0
    after = _read(world, seen.expires_at)
    assert (after.current, after.status, after.lost_count) == (0, "broken", seen.current)


@given(st.one_of(worlds(target=1), travels()))
def test_alive_means_that_acting_now_extends(world: World) -> None:
    """An activity now adds one to a living run (nothing in a satisfied period), and starts one otherwise."""
    world = _past(world)
    seen, acted = _read(world), _read(_with(world, world.until))
    label = world.rules.calendar.label(world.until, world.line.at(world.until))
    state = _fold(world)
    done = any(mark.label == label for mark in world.marks)
    assert seen.status != "active" or done
    if seen.current == 0:
        assert acted.current == 1
    elif state is not None and state.label <= label:
        assert acted.current == seen.current + (not done)


@given(worlds(target=1))
def test_the_same_period_again_changes_no_count(world: World) -> None:
    """With a target of one, an activity in a satisfied period leaves every count."""
    for mark in world.marks:
        again = world._replace(marks=(*world.marks, Mark(mark.label, mark.instant, 99)))
        assert (_read(again).current, _read(again).longest) == (_read(world).current, _read(world).longest)


@given(worlds(target=1, freezes=False), st.integers(0, 9))
def test_more_activity_never_lowers(world: World, which: int) -> None:
    """Without freezes, one more activity lowers neither the longest run nor the current one."""
    if not world.marks:
        return
    less = world._replace(marks=tuple(m for n, m in enumerate(world.marks) if n != which % len(world.marks)))
    assert _read(less).longest <= _read(world).longest
    assert _read(_past(less)).current <= _read(_past(world)).current


@given(worlds(freezes=False))
def test_more_leniency_never_lowers(world: World) -> None:
    """Without freezes, more grace, pauses, repairs or rest days never lower the current run."""
    rules, _, pardons, marks, _ = world
    calendar = rules.calendar
    later = StreakRules(calendar, rules.grace + HOUR, "keep_alive", rules.target, rules.rest_weekdays)
    rest = rules.rest_weekdays | {1} if calendar.kind == "daily" else rules.rest_weekdays
    kinder = [
        world._replace(rules=later),
        world._replace(rules=StreakRules(calendar, rules.grace, "keep_alive", rules.target, rest)),
    ]
    for mark in marks[:2]:
        pause = (mark.instant + DAY, mark.instant + 3 * DAY)
        kinder.append(world._replace(pardons=Pardons((*pardons.pauses, pause), pardons.repaired)))
        repaired = pardons.repaired | {mark.label + 1}
        kinder.append(world._replace(pardons=Pardons(pardons.pauses, repaired)))
    assert all(_read(world).current <= _read(kind).current for kind in kinder)


@given(travels())
def test_zone_hopping_gains_a_day_or_two_at_most(world: World) -> None:
    """However the zones change, a daily run is hardly longer than the time it took."""
    if world.marks:
        took = world.marks[-1].instant - world.marks[0].instant
        assert _read(world).longest <= 2 + (took + 26 * HOUR) // DAY


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


@given(worlds(), st.integers(0, 40))
def test_time_only_adds_to_what_was_missed(world: World, hours: int) -> None:
    """What time has done by an instant is still so at a later one, whenever it is settled."""
    world, state = _past(world), _fold(_past(world))
    early = missed(state, world.rules, world.line, world.pardons, world.until)
    late = missed(state, world.rules, world.line, world.pardons, world.until + hours * 5 * HOUR)
    assert late[: len(early)] == early
    assert all(miss.outcome == "frozen" for miss in late[:-1])


@given(st.one_of(worlds(), travels()))
def test_a_later_zone_change_rewrites_nothing(world: World) -> None:
    """A change of zone after everything seen leaves the state that is kept."""
    state = _fold(world)
    if state is not None:
        since = max(state.seen + SECOND, *world.line.changes, 0) + 1
        for there in _moved(world.line, since):
            assert fold(world.marks, world.rules, there, world.pardons) == state


def _moved(line: ZoneLine, since: int) -> list[ZoneLine]:
    """Return the line with a move to the far east, and with one to the far west."""
    return [line.then(since, zone(name)) for name in ("Pacific/Kiritimati", "Pacific/Pago_Pago")]


@settings(max_examples=50)
@given(worlds())
def test_a_record_is_told_once(world: World) -> None:
    """`is_new_record` means that the longest run has grown, `already_recorded` that the period was done."""
    state: State | None = None
    told: list[Mark] = []
    for mark in world.marks[::-1]:
        was = sum(seen.label == mark.label for seen in told) >= world.rules.target
        told.append(mark)
        after = fold(told, world.rules, world.line, NO_PARDONS)
        assert after is not None
        answer = compare(state, after, mark)
        assert answer.is_new_record == (after.longest > (state.longest if state else 0))
        assert answer.already_recorded == was
        assert compare(state, after, mark, already=was) == answer
        state = after
