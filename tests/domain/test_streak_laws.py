"""Laws of streaks as sets: the order of arrival, the steps, the nightly job, and what may not change them.

Instants lie at the edges of periods and of their grace, in zones with strange clocks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gamify_core.domain.periods import DAY, HOUR, SECOND, Calendar
from gamify_core.domain.streak_fold import chain_of
from gamify_core.domain.streaks import (
    MEMORY,
    Mark,
    Pardons,
    State,
    StreakRules,
    compare,
    filled,
    fold,
    missed,
    plain,
    read,
    satisfied,
    satisfied_labels,
    step,
    surplus,
)
from gamify_core.domain.zones import ZoneLine, zone
from tests.domain.streak_nights import nightly
from tests.domain.streak_worlds import (
    BOTH,
    PLACES,
    World,
    carried_worlds,
    folded,
    looked_at,
    past,
    travels,
    worlds,
)

if TYPE_CHECKING:
    from random import Random

_FIXED = st.one_of(worlds(), worlds(wide=True, modes=BOTH))
_KEPT = st.one_of(worlds(), worlds(wide=True), travels(), carried_worlds())
_ANY = st.one_of(_FIXED, travels(modes=BOTH), carried_worlds(modes=BOTH))


def _step(state: State | None, mark: Mark, told: list[Mark], world: World) -> State | None:
    beside = [] if plain(world.rules) else [seen for seen in told if seen.label == mark.label]
    return step(state, mark, world.rules, world.line, world.pardons, beside)


def _surplus(state: State, mark: Mark, told: list[Mark], rules: StreakRules) -> State | None:
    """Return what the marks of the period (where that suffices, the first ones) say about a new one."""
    beside = sorted({seen for seen in told if seen.label == mark.label})
    return surplus(state, mark, beside[: rules.target] if plain(rules) else beside, rules)


@given(_FIXED)
def test_agrees_with_a_nightly_job(world: World) -> None:
    """Counts and freezes are those of a job that lives through all grants, deadlines and activities.

    Not where the clock is put back over the start of a day (Havana repeats the hour after midnight, so a day from
    00:30 begins twice): there yesterday comes back for half an hour, which a job that wakes once cannot see.
    """
    assume(not (world.rules.calendar.day_start and world.line.zones == (zone("America/Havana"),)))
    world = past(world)
    night, state, seen = nightly(world), folded(world), looked_at(world)
    assert (seen.current, seen.longest, seen.freezes) == (night.current, night.longest, night.stock)
    used = missed(state, world.rules, world.line, world.pardons, world.until)
    before = 0 if state is None else state.consumed
    assert before + sum(miss.outcome == "frozen" for miss in used) == night.used
    done = satisfied_labels(world.marks, world.rules, world.line, world.pardons)
    assert set(done) == {label for label, what in night.told.items() if what == "satisfied"}


@given(_ANY, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(world: World, luck: Random) -> None:
    """After every prefix of every order, duplicates among them, the step (or a new fold) equals the fold."""
    order = [*world.marks, *world.marks[:3]]
    luck.shuffle(order)
    state: State | None = None
    for number, mark in enumerate(order, 1):
        told = order[: number - 1]
        whole = fold(set(order[:number]), world.rules, world.line, world.pardons)
        assert fold(order[:number], world.rules, world.line, world.pardons) == whole
        if state is not None and mark not in told:
            assert _surplus(state, mark, told, world.rules) in {None, whole}
        assert _step(state, mark, told, world) in {None, whole}
        assert state is None or mark in told or _step(state, mark, told, world) is not state
        state = whole


@given(_ANY)
def test_in_order_each_step_is_the_fold_or_asks_for_it(world: World) -> None:
    """Activities told in order of time give the fold at every step, whatever the rules and the zones."""
    state: State | None = None
    told: list[Mark] = []
    for mark in sorted(world.marks, key=lambda mark: (mark.instant, mark.id)):
        whole = fold([*told, mark], world.rules, world.line, world.pardons)
        assert _step(state, mark, told, world) in {None, whole}
        told.append(mark)
        state = whole


@given(st.one_of(worlds(), worlds(wide=True), carried_worlds()))
def test_in_order_it_is_one_step_each(world: World) -> None:
    """Activities whose instants and labels rise are never folded again."""
    state: State | None = None
    told: list[Mark] = []
    for mark in sorted(world.marks):
        if state is not None and (mark.instant, mark.id) < (state.seen, state.seen_id):
            return  # carried offsets can make the label rise while the instant falls
        state = _step(state, mark, told, world)
        assert state is not None
        told.append(mark)
    assert state == folded(world)


@given(worlds(target=1, modes=("credit",)))
def test_with_credit_for_one_activity_it_is_one_step_each_too(world: World) -> None:
    """In one zone, where one activity satisfies a period, credit is never folded again either."""
    assume(world.rules.calendar.day_start == 0 or world.line.zones != (zone("America/Havana"),))
    state: State | None = None
    for mark in world.marks:
        state = step(state, mark, world.rules, world.line, world.pardons)
        assert state is not None
    assert state == folded(world)


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
        kept = world.rules.grace_mode == "keep_alive"
        assert (after is not None) == (kept and filled(sooner, world.rules))
        if after is not None:
            assert chain_of(after) == chain_of(state)


@given(_KEPT)
def test_the_longest_run_is_dated_by_the_activity_that_completed_it(world: World) -> None:
    """Telling the activities by period, it is the first with which the longest run has its length."""
    marks, whole = sorted(world.marks), folded(world)
    for number in range(1, len(marks) + 1):
        state = fold(marks[:number], world.rules, world.line, world.pardons)
        assert state is not None
        assert whole is not None
        if state.longest == whole.longest:
            assert whole.longest_at == (marks[number - 1].instant if whole.longest else None)
            return
    assert whole is None


@given(_ANY)
def test_a_state_knows_what_is_satisfied(world: World) -> None:
    """What the bits of a state say of a period is what the fold judged."""
    state = folded(world)
    done = satisfied_labels(world.marks, world.rules, world.line, world.pardons)
    around = range(min(done) - 2, max(done) + 3) if done else range(3)
    assert [label for label in around if satisfied(state, label)] == [
        label for label in done if label >= max(done) - MEMORY
    ]


@given(_ANY, st.lists(st.integers(-3, 9), min_size=1, max_size=4))
def test_reading_leaves_no_trace(world: World, days: list[int]) -> None:
    """Whatever has been read before, at later instants too, a reading is that of a calendar never asked."""
    state = folded(world)
    rules = evolve(world.rules, calendar=_fresh(world.rules.calendar))
    for day in (*days, 0):
        at = world.until + day * DAY
        fresh = evolve(world.rules, calendar=_fresh(world.rules.calendar))
        told = read(state, rules, world.line, world.pardons, at)
        assert told == read(state, fresh, world.line, world.pardons, at)
    assert state == folded(world)


def _fresh(calendar: Calendar) -> Calendar:
    again, values = calendar.__reduce__()
    return again(*values)


@given(_ANY, st.integers(0, 40))
def test_time_only_adds_to_what_was_missed(world: World, hours: int) -> None:
    """What time has done by an instant is still so at a later one, whenever it is settled."""
    world, state = past(world), folded(past(world))
    early = missed(state, world.rules, world.line, world.pardons, world.until)
    late = missed(state, world.rules, world.line, world.pardons, world.until + hours * 5 * HOUR)
    if not world.line.changes:
        assert late[: len(early)] == early
    assert all(miss.outcome == "frozen" for miss in late[:-1])


@given(_ANY)
def test_a_later_zone_change_rewrites_nothing(world: World) -> None:
    """A change of zone after everything seen leaves the state that is kept."""
    state = folded(world)
    if state is not None and not world.line.carried:
        since = max(state.seen + SECOND, *world.line.changes, 0) + 1
        for there in _moved(world.line, since):
            assert fold(world.marks, world.rules, there, world.pardons) == state


def _moved(line: ZoneLine, since: int) -> list[ZoneLine]:
    """Return the line with a move to the far east, and with one to the far west."""
    return [line.then(since, zone(name)) for name in ("Pacific/Kiritimati", "Pacific/Pago_Pago")]


@given(worlds(wide=True, modes=BOTH, places=PLACES[:1]), st.integers(-60, 60))
def test_moving_everything_by_whole_weeks_changes_nothing_else(world: World, weeks: int) -> None:
    """In UTC, instants that are all later by so many weeks give the same counts, with higher labels."""
    calendar = world.rules.calendar
    assume(calendar.kind != "monthly")
    by = weeks * calendar.days * 7 * DAY
    labels = {"hourly": by // HOUR, "daily": by // DAY, "weekly": by // (7 * DAY), "days": weeks * 7}
    shift = labels[calendar.kind]
    pardons = Pardons(
        tuple((start + by, end + by) for start, end in world.pardons.pauses),
        frozenset(label + shift for label in world.pardons.repaired),
        tuple((at + by, number) for at, number in world.pardons.grants),
    )
    marks = tuple(
        mark._replace(label=mark.label + shift, instant=mark.instant + by, day=mark.day + by // DAY)
        for mark in world.marks
    )
    moved = World(world.rules, world.line, pardons, marks, world.until + by)
    here, there = looked_at(world), looked_at(moved)
    expires, broken = here.expires_at, here.broken_at
    assert there == here._replace(
        expires_at=None if expires is None else expires + by,
        broken_at=None if broken is None else broken + by,
    )


@settings(max_examples=50)
@given(_FIXED)
def test_a_record_is_told_once(world: World) -> None:
    """`is_new_record` means that the longest run has grown, `already_recorded` that the activity won nothing."""
    state: State | None = None
    told: list[Mark] = []
    for mark in world.marks[::-1]:
        before = satisfied_labels(told, world.rules, world.line, world.pardons)
        told.append(mark)
        now = satisfied_labels(told, world.rules, world.line, world.pardons)
        was = mark.label in before and before == now
        after = fold(told, world.rules, world.line, world.pardons)
        assert after is not None
        answer = compare(state, after, mark)
        assert answer.is_new_record == (after.longest > (state.longest if state else 0))
        assert answer.already_recorded == was
        assert compare(state, after, mark, already=was)[:3] == answer[:3]
        state = after
