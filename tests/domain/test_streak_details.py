"""What credit, several goals, distinct days, earned freezes and calendars do, where no worked case looks."""

from __future__ import annotations

from gamify_core.domain.periods import BEGINNING, DAY, HOUR, Calendar
from gamify_core.domain.streaks import (
    NO_PARDONS,
    Mark,
    Pardons,
    Period,
    StreakRules,
    calendar_of,
    compare,
    due,
    filled,
    fold,
    plain,
    read,
    repairable,
    satisfied_labels,
    step,
    surplus,
)
from gamify_core.domain.zones import CARRIED, fixed, zone
from tests.domain.streak_cases import instant
from tests.domain.streak_marks import DAILY, IN_UTC, marks_of, state_of


def test_a_freeze_that_was_earned_goes_with_what_earned_it() -> None:
    """Without the third activity in a row its freeze is gone, and what it had covered was missed."""
    rules = StreakRules(freeze_every=3)
    marks = marks_of("02 12:00", "03 12:00", "04 12:00", "06 12:00")
    whole = state_of(marks, rules)
    assert (whole.run, whole.consumed, whole.stock) == (4, 1, 0)
    for undone in range(3):
        less = state_of(marks[:undone] + marks[undone + 1 :], rules)
        assert (less.run, less.consumed, less.stock) == (1, 0, 0)


def test_an_earned_freeze_and_a_grant_come_in_order_of_time() -> None:
    """What is earned finds the cap reached by an earlier grant, and a grant finds it reached by what was earned."""
    rules = StreakRules(freeze_every=2, freeze_cap=1)
    marks = marks_of("02 12:00", "03 12:00", "05 12:00")
    for at in ("2026-03-03 11:59:59", "2026-03-03 12:00", "2026-03-03 12:00:01", "2026-03-05 00:00"):
        state = state_of(marks, rules, Pardons(grants=((instant(at), 1),)))
        assert (state.run, state.consumed, state.stock) == (3, 1, 0)
    later = Pardons(grants=((instant("2026-03-05 00:00:01"), 1),))
    state = state_of(marks, rules, later)
    assert (state.run, state.consumed) == (3, 1)
    assert read(state, rules, IN_UTC, later, instant("2026-03-05 12:00")).freezes == 1


def test_one_activity_for_two_goals_is_two_marks() -> None:
    """They share an id, and are told apart by the goal; neither is taken for a repetition of the other."""
    rules = StreakRules(goals=(1, 30))
    first = marks_of("02 12:00")[0]
    second = first._replace(part=1, weight=30)
    half = step(None, first, rules, IN_UTC)
    assert half is not None
    assert step(half, first, rules, IN_UTC, beside=[first]) is half
    whole = step(half, second, rules, IN_UTC, beside=[first])
    assert whole == fold([second, first], rules, IN_UTC)
    assert whole is not None
    assert (whole.run, compare(half, whole, second).already_recorded) == (1, False)
    credit = StreakRules(goals=(1, 30), grace_mode="credit")
    assert step(half, second, credit, IN_UTC, beside=[first]) is None


def test_a_part_that_is_full_is_no_record_and_no_repetition() -> None:
    """More of what one goal has enough of, told with the activity that just filled it, is not already recorded."""
    rules = StreakRules(goals=(1, 30))
    first, other = marks_of("02 12:00", "02 13:00")
    half = state_of([first], rules)
    more = step(half, other, rules, IN_UTC, beside=[first])
    assert more is not None
    assert not compare(half, more, other).already_recorded


def test_progress_of_several_goals_is_kept_in_one_number() -> None:
    """Goals as great as a column holds are told apart again, full or one short of it."""
    rules = StreakRules(goals=(1_000_000, 2, 1_000_000_000_000), match="all")
    marks = [
        Mark(1, 10, 1, part=0, weight=999_999),
        Mark(1, 10, 2, part=2, weight=1_000_000_000_000),
        Mark(1, 10, 3, part=1),
    ]
    state = fold([mark._replace(label=719_163) for mark in marks], rules, IN_UTC)
    seen = read(state, rules, IN_UTC, NO_PARDONS, 10)
    assert seen.parts == ((999_999, 1_000_000), (1, 2), (1_000_000_000_000, 1_000_000_000_000))
    assert (seen.progress, seen.target) == (1, 3)


def test_marks_beside_say_whether_a_period_is_filled() -> None:
    """Weights add up to the target, days are counted once, and a mark given twice is one."""
    first, again, later = marks_of("02 12:00", "02 13:00", "03 12:00")
    assert not filled([], DAILY)
    assert filled([first], DAILY)
    assert not filled([first, first], StreakRules(target=2))
    assert filled([first._replace(weight=2)], StreakRules(target=2))
    weekly = StreakRules(Calendar("weekly"), target=2, distinct_days=True)
    days = [mark._replace(label=9, day=mark.label) for mark in (first, again, later)]
    assert (filled(days[:2], weekly), filled(days, weekly)) == (False, True)
    assert [plain(rules) for rules in (DAILY, StreakRules(grace_mode="credit"), weekly)] == [
        True,
        True,
        False,
    ]
    assert not plain(StreakRules(goals=(1, 2)))


def test_a_calendar_tells_when_each_period_was_and_how_far_it_came() -> None:
    """Each period has its text, its first instant and the next one's, and its progress, whatever came of it."""
    rules = StreakRules(target=2)
    marks = marks_of("02 12:00", "02 13:00", "02 14:00", "03 12:00")
    first = marks[0].label
    drawn = calendar_of(marks, rules, IN_UTC, NO_PARDONS, instant("2026-03-03 13:00"), first, first + 2)
    midnights = [instant(f"2026-03-0{day} 00:00") for day in (2, 3, 4, 5)]
    assert drawn == (
        Period(first, "2026-03-02", midnights[0], midnights[1], "satisfied", 2, 2),
        Period(first + 1, "2026-03-03", midnights[1], midnights[2], "open", 1, 2),
        Period(first + 2, "2026-03-04", midnights[2], midnights[3], "future", 0, 2),
    )
    assert (
        calendar_of([], rules, IN_UTC, NO_PARDONS, instant("2026-03-03 13:00"), first, first)[0].status
        == "idle"
    )


def test_a_calendar_of_carried_offsets_follows_the_activity_before() -> None:
    """With the offset of each activity, a day begins and ends where that activity, or the one before it, was."""
    east, at = 9 * 3600, instant("2026-03-02 12:00")
    mark = Mark(DAILY.calendar.label(at, fixed(east)), at, 1, east)
    drawn = calendar_of([mark], DAILY, CARRIED, NO_PARDONS, at, mark.label - 1, mark.label + 1)
    assert [period.begins for period in drawn] == [
        instant(f"2026-03-0{day} 15:00") - DAY for day in (1, 2, 3)
    ]
    twice = StreakRules(target=2)
    below = calendar_of(
        [mark], twice, CARRIED, NO_PARDONS, instant("2026-03-02 23:00"), mark.label, mark.label + 1
    )
    assert [period.status for period in below] == ["idle", "open"]
    none = calendar_of([], DAILY, CARRIED, NO_PARDONS, at, mark.label, mark.label)
    assert none[0].begins == instant("2026-03-02 00:00")


def test_what_is_due_next() -> None:
    """First the freeze, then the end; nothing before the first activity, nothing after the end."""
    pardons = Pardons(grants=((0, 1),))
    state = state_of(marks_of("02 12:00"), pardons=pardons)
    at: int | None = instant("2026-03-02 12:00")
    moments = []
    for _ in range(3):
        assert at is not None
        at = due(state, DAILY, IN_UTC, pardons, at)
        moments.append(at)
    assert moments == [instant("2026-03-04 00:00"), instant("2026-03-05 00:00"), None]
    at, twice = 0, StreakRules(target=2)
    assert due(None, twice, IN_UTC, pardons, at) is None
    assert due(state_of(marks_of("02 12:00"), twice), twice, IN_UTC, pardons, at) is None
    assert repairable(state_of(marks_of("02 12:00"), twice), twice, IN_UTC, pardons, at) == ()
    assert repairable(None, twice, IN_UTC, pardons, at) == ()
    assert repairable(state, DAILY, IN_UTC, pardons, instant("2026-03-06 12:00")) == (
        state.label + 2,
        state.label + 3,
    )


def test_satisfied_labels_are_told_in_order() -> None:
    """With credit, the label of an activity need not be among them."""
    rules = StreakRules(grace=2 * HOUR, grace_mode="credit")
    marks = marks_of("04 01:00", "02 12:00")
    first = marks[1].label
    assert satisfied_labels(marks, rules, IN_UTC) == (first, first + 1)
    assert satisfied_labels(marks, DAILY, IN_UTC) == (first, first + 2)
    assert satisfied_labels([], rules, IN_UTC) == ()


def test_credit_reaches_back_to_the_beginning_of_the_calendar() -> None:
    """An activity at the start of the year 1, with a grace that reaches before it, counts for its own day."""
    rules = StreakRules(grace=9 * DAY, grace_mode="credit")
    at = BEGINNING + 3 * DAY
    state = fold([Mark(DAILY.calendar.label(at, zone("UTC")), at, 1)], rules, IN_UTC)
    assert state is not None
    assert state.last == 2  # the first day has no day before it, where a zone could begin it


def test_credit_runs_out_by_the_clock_that_an_activity_carried() -> None:
    """Half past two in the morning is too late for yesterday, though in UTC it is still yesterday."""
    rules, east = StreakRules(grace=2 * HOUR, grace_mode="credit"), 9 * 3600
    for clock, own in (("01:59", 1), ("02:00", 0)):
        at = instant(f"2026-03-04 {clock}") - 9 * HOUR
        mark = Mark(DAILY.calendar.label(at, fixed(east)), at, 1, east)
        assert satisfied_labels([mark], rules, CARRIED) == (mark.label - own,)


def test_a_day_open_again_by_a_clock_further_west_is_filled_behind_the_last() -> None:
    """In the far east yesterday was over; a day later in the far west it still is not, and is filled from there."""
    rules, east, west = StreakRules(grace=2 * HOUR, grace_mode="credit"), 14 * 3600, -10 * 3600
    times = ((instant("2026-03-03 02:30") - 14 * HOUR, east), (instant("2026-03-03 01:00") + 10 * HOUR, west))
    first, second = (
        Mark(DAILY.calendar.label(at, fixed(offset)), at, number, offset)
        for number, (at, offset) in enumerate(times, 1)
    )
    assert satisfied_labels([first], rules, CARRIED) == (first.label,)
    whole = fold([first, second], rules, CARRIED)
    assert satisfied_labels([first, second], rules, CARRIED) == (first.label - 1, first.label)
    assert whole is not None
    assert whole.run == 2
    assert step(fold([first], rules, CARRIED), second, rules, CARRIED) in {None, whole}


def test_a_late_activity_that_fills_another_day_is_not_already_recorded() -> None:
    """With credit it moves a later one on, though its own day was done: the run grows, if not to a record."""
    rules = StreakRules(grace=2 * HOUR, grace_mode="credit")
    marks = marks_of("02 12:00", "03 12:00", "04 12:00", "05 12:00", "08 12:00", "10 12:00")
    (late,) = marks_of("10 01:00")
    late = late._replace(id=9)
    before, after = state_of(marks, rules), state_of([*marks, late], rules)
    told = compare(before, after, late)
    assert (told.new_count, told.is_new_record, told.already_recorded) == (3, False, False)


def test_what_an_activity_finds_done_by_then_is_surplus() -> None:
    """Only marks before it decide; it is counted in the progress; credit has to be folded."""
    first, second = marks_of("02 08:00", "02 10:00")
    between, sooner = first._replace(instant=first.instant + HOUR, id=7), first._replace(instant=0, id=8)
    state = state_of([first, second])
    told = surplus(state, between, [first, second], DAILY)
    assert told == state_of([first, second, between])
    assert told is not None
    assert told.tally == 3
    assert surplus(state, sooner, [first, second], DAILY) is None
    goals = StreakRules(goals=(1, 5), match="any")
    half = state_of([first, second], goals)
    assert surplus(half, between._replace(part=1), [first, second], goals) == state_of(
        [first, second, between._replace(part=1)], goals
    )
    credit = StreakRules(grace_mode="credit")
    assert surplus(state_of([first], credit), between, [first], credit) is None


def test_at_one_instant_the_lower_id_comes_first() -> None:
    """An activity with a lower id at the instant last seen is out of order, and the greatest id is kept."""
    low, high = (marks_of("02 12:00")[0]._replace(id=number) for number in (1, 2))
    assert step(state_of([high]), low, DAILY, IN_UTC) is None
    assert state_of([high, low]).seen_id == 2


def test_more_than_the_target_is_not_told_as_progress() -> None:
    """Progress stops at the target, and so it does where the same activity is given twice."""
    marks = marks_of("02 12:00", "02 13:00")
    assert read(state_of(marks), DAILY, IN_UTC, NO_PARDONS, marks[1].instant).progress == 1
    goals = StreakRules(goals=(2,))
    twice = read(state_of([marks[0], marks[0]], goals), goals, IN_UTC, NO_PARDONS, marks[1].instant)
    assert (twice.current, twice.parts) == (0, ((1, 2),))


def test_what_is_due_where_an_activity_carried_its_offset() -> None:
    """The end of the next day is that of the clock which the last activity carried."""
    east, at = 9 * 3600, instant("2026-03-02 12:00")
    mark = Mark(DAILY.calendar.label(at, fixed(east)), at, 1, east)
    state = fold([mark], DAILY, CARRIED)
    assert due(state, DAILY, CARRIED, NO_PARDONS, at) == instant("2026-03-03 15:00")
    following = Mark(mark.label + 1, instant("2026-03-03 12:00"), 2)
    drawn = calendar_of(
        [mark, following], DAILY, CARRIED, NO_PARDONS, following.instant, mark.label, mark.label + 2
    )
    assert [period.ends for period in drawn] == [
        instant("2026-03-02 15:00"),
        instant("2026-03-03 15:00"),
        instant("2026-03-05 00:00"),
    ]
