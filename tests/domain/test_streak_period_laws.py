"""Laws of the periods of a streak one by one: calendars, what is due, what a repair takes, and credit."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from gamify_core.domain.streaks import (
    Pardons,
    Period,
    calendar_of,
    due,
    fold,
    history,
    missed,
    read,
    repairable,
    satisfied_labels,
)
from gamify_core.domain.zones import zone
from tests.domain.streak_nights import asked, first, most_filled, nightly, wall_label
from tests.domain.streak_worlds import BOTH, World, carried_worlds, folded, past, travels, worlds

_FIXED = st.one_of(worlds(), worlds(wide=True, modes=BOTH))
_ANY = st.one_of(_FIXED, travels(modes=BOTH), carried_worlds(modes=BOTH))
_EXCUSED = {"excused_rest", "excused_pause", "repaired", "void"}


def _calendar(world: World) -> tuple[Period, ...]:
    """Return every period that matters: from before the first activity to after the present."""
    rules, line, pardons, marks, until = world
    present = rules.calendar.label(until, line.at(until))
    labels = [present, *(mark.label for mark in marks)]
    return calendar_of(marks, rules, line, pardons, until, min(labels) - 2, max(labels) + 2)


def _labels(periods: tuple[Period, ...], *statuses: str) -> list[int]:
    return [period.label for period in periods if period.status in statuses]


def _twice_begun(world: World) -> bool:
    """Say whether a day can begin twice here: the clock is put back over the start of it."""
    return bool(world.rules.calendar.day_start) and world.line.zones == (zone("America/Havana"),)


@given(_ANY)
def test_a_calendar_and_the_counts_agree(world: World) -> None:
    """Satisfied periods, freezes used and runs broken are as many as the fold, the reading and the history say."""
    world = past(world)
    periods, state = _calendar(world), folded(world)
    rules, line, pardons, marks, until = world
    seen = read(state, rules, line, pardons, until)
    done = satisfied_labels(marks, rules, line, pardons)
    lost = missed(state, rules, line, pardons, until)
    kept = [label for label in done if label >= periods[0].label]  # credit may fill one further back
    assert _labels(periods, "satisfied") == kept
    consumed = (0 if state is None else state.consumed) + sum(miss.outcome == "frozen" for miss in lost)
    runs = history(marks, rules, line, pardons, until)
    if kept == list(done):
        assert len(_labels(periods, "frozen")) == consumed
        assert len(_labels(periods, "missed")) == sum(run.ended_at is not None for run in runs)
    broken = _labels(periods, "missed")
    since = [label for label in kept if not broken or label > broken[-1]]
    if kept == list(done):
        assert len(since) == seen.current


@given(_ANY)
def test_a_calendar_follows_time(world: World) -> None:
    """Periods come one after the other; the present one is open or pardoned or done, later ones are to come."""
    world = past(world)
    periods = _calendar(world)
    assert all(earlier.label + 1 == later.label for earlier, later in pairwise(periods))
    assert all(period.begins <= period.ends for period in periods)
    assert all(
        (period.begins == period.ends) == (period.status == "void")
        for period in periods
        if period.status in _EXCUSED
    )
    if not world.line.carried:
        assert all(earlier.ends == later.begins for earlier, later in pairwise(periods))
        present = world.rules.calendar.label(world.until, world.line.at(world.until))
        assert all(label == present for label in _labels(periods, "open"))
        assert all(period.label > present for period in periods if period.status == "future")
        assert all(label < present for label in _labels(periods, "missed", "frozen", "idle"))
    for period in periods:
        assert 0 <= period.progress <= period.target
        assert (period.progress == period.target) == (period.status == "satisfied")
        assert period.text == world.rules.calendar.text(period.label)


@given(_FIXED)
def test_a_calendar_is_what_the_nightly_job_wrote(world: World) -> None:
    """Which label was frozen and which broke the run is what a job wrote that lived through it."""
    assume(not _twice_begun(world))
    world = past(world)
    periods, told = _calendar(world), nightly(world).told
    for status in ("satisfied", "frozen", "missed"):
        wrote = sorted(label for label, what in told.items() if what == status)
        assert _labels(periods, status) == [label for label in wrote if label >= periods[0].label]
    present = wall_label(world.until, world)
    for period in periods:
        assert (period.begins, period.ends) == (first(period.label, world), first(period.label + 1, world))
        if period.label not in told and period.label <= present:
            assert (period.status in _EXCUSED) == (not asked(period.label, world))


@given(_FIXED)
def test_what_a_calendar_pardons_has_that_reason(world: World) -> None:
    """A rest day is one by its weekday, a repaired period by its repair, a pause touches what it excuses."""
    rules, pardons = world.rules, world.pardons
    for period in _calendar(past(world)):
        match period.status:
            case "excused_rest":
                assert (period.label - 1) % 7 in rules.rest_weekdays
            case "repaired":
                assert period.label in pardons.repaired
            case "excused_pause":
                assert any(start < period.ends and period.begins < end for start, end in pardons.pauses)
            case "grace" if rules.grace == 0:
                raise AssertionError(period)


@given(st.one_of(_FIXED, travels(modes=BOTH), carried_worlds()))
def test_what_is_due_happens_then_and_not_before(world: World) -> None:
    """Until just before it is due nothing is missed that was not, and then one period more."""
    world = past(world)
    state, (rules, line, pardons, _, until) = folded(world), world
    at = due(state, rules, line, pardons, until)
    seen = read(state, rules, line, pardons, until)
    assert at == seen.expires_at
    if at is None:
        assert seen.current == 0
        return
    assert at > until
    now = missed(state, rules, line, pardons, until)
    assert missed(state, rules, line, pardons, at - 1) == now
    then = missed(state, rules, line, pardons, at)
    assert then[: len(now)] == now
    assert len(then) >= len(now) + 1
    assert then[len(now)].at <= at


@given(_ANY)
def test_a_repair_takes_what_it_says_and_no_less(world: World) -> None:
    """With all of `repairable` repaired the lost run lives; with any of it left out, it does not."""
    world = past(world)
    state, (rules, line, pardons, marks, until) = folded(world), world
    seen = read(state, rules, line, pardons, until)
    lacking = repairable(state, rules, line, pardons, until)
    assert (lacking != ()) == (seen.status == "broken")
    if rules.grace_mode == "credit":
        return  # a repaired day is not filled any more, so what is late may go elsewhere
    for left_out in (None, *lacking):
        repaired = pardons.repaired | set(lacking) - {left_out}
        kinder = Pardons(pardons.pauses, repaired, pardons.grants)
        again = read(fold(marks, rules, line, kinder), rules, line, kinder, until)
        if left_out is None:
            assert again.current == seen.current + seen.lost_count
        else:
            assert again.status == "broken"


@given(worlds(target=1, modes=("credit",)))
def test_credit_fills_as_much_as_can_be_filled(world: World) -> None:
    """With one activity a period, no other way of giving credit satisfies more required periods."""
    assume(not _twice_begun(world))
    done = satisfied_labels(world.marks, world.rules, world.line, world.pardons)
    assert sum(asked(label, world) for label in done) == most_filled(world)


@given(st.one_of(worlds(target=1, modes=("credit",)), travels(modes=("credit",))))
def test_credit_counts_an_activity_once(world: World) -> None:
    """One more activity satisfies one more period at most, and takes none away."""
    rules, line, pardons, marks, _ = world
    for number in range(len(marks)):
        fewer = set(satisfied_labels(marks[:number], rules, line, pardons))
        more = set(satisfied_labels(marks[: number + 1], rules, line, pardons))
        assert fewer <= more
        assert len(more - fewer) <= 1
