"""Laws of baselines: what a streak had come to elsewhere is where its fold begins."""

from __future__ import annotations

from datetime import UTC as GREENWICH

from hypothesis import assume, given
from hypothesis import strategies as st

from gamify_core.domain.periods import DAY
from gamify_core.domain.streaks import (
    BASELINE,
    NO_PARDONS,
    Mark,
    State,
    StreakRules,
    calendar_of,
    fold,
    history,
    plain,
    read,
    satisfied_labels,
    step,
)
from gamify_core.domain.zones import ZoneLine
from tests.domain.streak_worlds import BOTH, World, worlds

UTC = ZoneLine((GREENWICH,))
_WORLDS = st.one_of(worlds(), worlds(wide=True, modes=BOTH))


@st.composite
def opened(draw: st.DrawFn) -> tuple[World, Mark]:
    """Draw a streak, one of whose activities is a baseline."""
    world = draw(_WORLDS)
    assume(world.marks)
    mark = draw(st.sampled_from(sorted(world.marks)))
    run = draw(st.integers(0, 90))
    return world, mark._replace(part=BASELINE, weight=run, day=run + draw(st.integers(0, 90)))


def _with(world: World, base: Mark) -> list[Mark]:
    return [mark for mark in world.marks if mark[:3] != base[:3]] + [base]


def _fold(world: World, marks: list[Mark]) -> State | None:
    return fold(marks, world.rules, world.line, world.pardons)


@given(opened())
def test_what_lies_before_it_counts_for_nothing(drawn: tuple[World, Mark]) -> None:
    """Neither periods nor runs; only what was seen last may be of then."""
    world, base = drawn
    marks = _with(world, base)
    since = [mark for mark in marks if mark.label >= base.label]
    whole, cut = _fold(world, marks), _fold(world, since)
    assert whole is not None
    assert cut is not None
    assert whole[:-2] == cut[:-2]
    assert whole.longest >= base.day
    labels = satisfied_labels(marks, world.rules, world.line, world.pardons)
    assert labels[0] == base.label


@given(opened())
def test_steps_after_it_agree_with_the_fold(drawn: tuple[World, Mark]) -> None:
    """Recording in order, from a baseline on, is what folding all of it is."""
    world, base = drawn
    state, told = _fold(world, [base]), [base]
    for mark in sorted(_with(world, base), key=lambda mark: (mark.instant, mark.id)):
        if mark == base:
            continue
        beside = [] if plain(world.rules) else [seen for seen in told if seen.label == mark.label]
        told.append(mark)
        whole = _fold(world, told)
        following = step(state, mark, world.rules, world.line, world.pardons, beside)
        assert following is None or following == whole, mark
        state = whole


@given(opened())
def test_the_calendar_and_the_runs_agree_with_the_count(drawn: tuple[World, Mark]) -> None:
    """The period of the baseline is satisfied, and the last run is as long as it is said to be."""
    world, base = drawn
    marks = _with(world, base)
    terms = (world.rules, world.line, world.pardons)
    until = max(world.until, *(mark.instant for mark in marks))
    state = _fold(world, marks)
    (period,) = calendar_of(marks, *terms, until, base.label, base.label)
    assert period.status == "satisfied"
    runs = history(marks, *terms, until)
    seen = read(state, *terms, until)
    assert state is not None
    assert runs[-1].length == state.run
    assert (runs[-1].ended_at is None) == (seen.status != "broken")


@given(
    run=st.integers(1, 40),
    gaps=st.lists(st.sampled_from([0, 1, 1, 1, 2, 3]), max_size=12),
    grace=st.sampled_from([0, 3_600_000_000, DAY]),
)
def test_it_is_what_somebody_who_did_it_all_has(run: int, gaps: list[int], grace: int) -> None:
    """A run of so many days that is told counts on as one that was lived here, until and after it breaks."""
    rules, first = StreakRules(grace=grace), 739_000
    noon = DAY // 2

    def mark(label: int, number: int) -> Mark:
        return Mark(label, (label - 719_163) * DAY + noon, number)

    lived = [mark(first + place, place + 1) for place in range(run)]
    told = [lived[-1]._replace(part=BASELINE, weight=run, day=run)]
    label = first + run - 1
    for number, gap in enumerate(gaps, run + 1):
        label += gap
        lived.append(mark(label, number))
        told.append(mark(label, number))
    one, other = fold(lived, rules, UTC), fold(told, rules, UTC)
    assert one is not None
    assert other is not None
    for days in (0, 1, 2, 3):
        as_of = one.seen + days * DAY
        assert read(one, rules, UTC, as_of=as_of, pardons=NO_PARDONS) == read(
            other, rules, UTC, as_of=as_of, pardons=NO_PARDONS
        )
    assert (one.run, one.longest, one.runs) == (other.run, other.longest, other.runs)
