"""The worked cases, told one after the other, and the parts of an answer that no case looks at."""

from __future__ import annotations

import pytest

from gamify_core.domain.periods import DAY, HOUR, SECOND, Calendar
from gamify_core.domain.streaks import (
    MEMORY,
    NO_PARDONS,
    Correction,
    Mark,
    Miss,
    Pardons,
    Run,
    State,
    StreakRules,
    calendar_of,
    compare,
    fold,
    history,
    missed,
    read,
    repairable,
    satisfied,
    step,
)
from gamify_core.domain.zones import CARRIED, ZoneLine, fixed, zone
from gamify_core.errors import BadValue
from tests.domain.streak_cases import CASES, Act, Case, Draw, Look, Move, instant
from tests.domain.streak_marks import DAILY, IN_UTC, marks_of, state_of
from tests.domain.streak_wider_cases import WIDER_CASES


class _Story:
    """A participant as an engine would keep them: marks, one state, and the zones so far."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.name = case.zone
        self.line = ZoneLine((zone(case.zone),))
        self.marks: list[Mark] = []
        self.state: State | None = None

    def act(self, act: Act) -> None:
        rules, pardons = self.case.rules, self.case.pardons
        at = instant(act.at, self.name)
        here = self.line.at(at)
        label, day = rules.calendar.label(at, here), Calendar().label(at, here)
        mark = Mark(label, at, len(self.marks) + 1, 0, act.part, act.weight, day)
        beside = [other for other in self.marks if other.label == label]
        self.marks.append(mark)
        whole = fold(self.marks, rules, self.line, pardons)
        after = step(self.state, mark, rules, self.line, pardons, beside)
        assert after is None or after == whole, act
        assert whole is not None
        told = compare(self.state, whole, mark)
        flag = "record" if told.is_new_record else "already" if told.already_recorded else ""
        assert (told.new_count, told.longest_count, flag) == act[1:4], act
        self.state = whole

    def look(self, look: Look) -> None:
        at = instant(look.at, self.name)
        seen = read(self.state, self.case.rules, self.line, self.case.pardons, at)
        assert (seen.current, seen.status) == (look.current, look.status), look
        for wanted, got in ((look.expires, seen.expires_at), (look.broken_at, seen.broken_at)):
            if wanted is not None:
                assert got == (instant(wanted, self.name) if wanted else None), look
        for count, got in (
            (look.freezes, seen.freezes),
            (look.progress, seen.progress),
            (look.longest, seen.longest),
            (look.missing, len(repairable(self.state, self.case.rules, self.line, self.case.pardons, at))),
        ):
            assert count in {None, got}, look
        assert look.parts in {None, seen.parts}, look

    def draw(self, draw: Draw) -> None:
        rules, at = self.case.rules, instant(draw.at, self.name)
        start = instant(draw.first, self.name)
        first = rules.calendar.label(start, self.line.at(start))
        last = first + len(draw.periods) - 1
        drawn = calendar_of(self.marks, rules, self.line, self.case.pardons, at, first, last)
        assert tuple(period.status for period in drawn) == draw.periods, draw
        assert [period.label for period in drawn] == list(range(first, last + 1))

    def move(self, move: Move) -> None:
        self.name = move.zone
        self.line = self.line.then(instant(move.at), zone(move.zone))


@pytest.mark.parametrize("case", CASES + WIDER_CASES, ids=lambda case: case.name)
def test_worked_case(case: Case) -> None:
    """Every worked case comes out as written, and each step equals the fold."""
    story = _Story(case)
    for part in case.script:
        if isinstance(part, Act):
            story.act(part)
        elif isinstance(part, Look):
            story.look(part)
        elif isinstance(part, Draw):
            story.draw(part)
        else:
            story.move(part)


def test_a_pause_may_have_no_end() -> None:
    """A pause that never ends excuses every later day, and nothing expires."""
    pardons = Pardons(pauses=((instant("2026-03-03 09:00"), 1 << 62),))
    state = state_of(marks_of("02 12:00"), pardons=pardons)
    seen = read(state, DAILY, IN_UTC, pardons, instant("2999-01-01 00:00"))
    assert (seen.current, seen.status, seen.expires_at) == (1, "excused", None)


def test_a_pause_that_ends_at_midnight_spares_the_next_day_nothing() -> None:
    """The end of a pause is not part of it: the day that begins there is required."""
    pardons = Pardons(pauses=((instant("2026-03-03 00:00"), instant("2026-03-04 00:00")),))
    state = state_of(marks_of("02 12:00"), pardons=pardons)
    assert read(state, DAILY, IN_UTC, pardons, instant("2026-03-05 00:00")).broken_at == instant(
        "2026-03-05 00:00"
    )
    assert read(state, DAILY, IN_UTC, pardons, instant("2026-03-04 23:59:59")).current == 1


def test_a_pause_keeps_its_date_when_the_date_goes_back() -> None:
    """A pause begun past midnight excuses the new date, though the clock shows the old one when it ends."""
    name = "America/Goose_Bay"
    line, since = ZoneLine((zone(name),)), instant("2010-11-07 00:00:30", name)
    at, noon = instant("2010-11-06 12:00", name), instant("2010-11-08 12:00", name)
    mark = Mark(DAILY.calendar.label(at, zone(name)), at, 1)
    pardons = Pardons(pauses=((since, since + 600 * SECOND),))
    state = fold([mark], DAILY, line, pardons)
    assert read(state, DAILY, line, pardons, noon).status == "pending"
    assert read(state, DAILY, line, NO_PARDONS, noon).status == "broken"


def test_a_pause_begun_after_a_date_was_over_does_not_spare_it() -> None:
    """A date that the clock shows again when a pause begins had ended by then, and was missed."""
    name = "America/Goose_Bay"
    line, since = ZoneLine((zone(name),)), instant("2010-11-06 23:30*", name)
    at, noon = instant("2010-11-05 12:00", name), instant("2010-11-07 12:00", name)
    mark = Mark(DAILY.calendar.label(at, zone(name)), at, 1)
    pardons = Pardons(pauses=((since, since + 600 * SECOND),))
    seen = read(fold([mark], DAILY, line, pardons), DAILY, line, pardons, noon)
    assert (seen.status, seen.broken_at) == ("broken", instant("2010-11-07 00:00", name))


def test_a_read_with_freezes_before_anything() -> None:
    """Freezes given before the first activity can be seen, under the cap, none from the future."""
    pardons = Pardons(grants=((10, 1), (5, 4), (20, 1)))
    assert read(None, StreakRules(freeze_cap=5), IN_UTC, pardons, 10).freezes == 5
    thrice = StreakRules(target=3, freeze_cap=9)
    begun = state_of(marks_of("02 12:00"), thrice, pardons)
    assert read(begun, thrice, IN_UTC, pardons, instant("2026-03-02 13:00"))[:3] == (0, 0, "none")
    assert read(begun, thrice, IN_UTC, pardons, instant("2026-03-02 13:00")).freezes == 6


def test_missed_tells_each_freeze_and_the_end() -> None:
    """Time's own doings come with their instants: one freeze, then the break, with the run they concern."""
    pardons = Pardons(grants=((0, 1),))
    state = state_of(marks_of("02 12:00", "03 12:00"), pardons=pardons)
    day4, day5 = state.label + 1, state.label + 2
    lost = missed(state, DAILY, IN_UTC, pardons, instant("2026-03-20 12:00"))
    assert lost == (
        Miss(day4, instant("2026-03-05 00:00"), "frozen", 2),
        Miss(day5, instant("2026-03-06 00:00"), "broken", 2),
    )
    assert missed(None, DAILY, IN_UTC, pardons, 0) == ()
    assert (
        missed(
            state_of(marks_of("02 12:00"), StreakRules(target=2)), StreakRules(target=2), IN_UTC, pardons, 0
        )
        == ()
    )


def test_corrections_name_what_a_late_activity_put_right() -> None:
    """A late activity that joins two runs lists run, longest and number of runs; one in order lists none."""
    monday, wednesday = marks_of("02 12:00", "04 12:00")
    late = Mark(monday.label + 1, instant("2026-03-03 12:00"), 9)
    before = state_of([monday, wednesday])
    told = compare(before, state_of([monday, late, wednesday]), late)
    assert told.corrections == (
        Correction("run", 1, 3),
        Correction("longest", 1, 3),
        Correction("runs", 2, 1),
    )
    assert told.is_new_record
    assert compare(state_of([monday]), before, wednesday).corrections == ()
    assert compare(None, state_of([monday]), monday).corrections == ()


def test_corrections_name_a_freeze_that_comes_back() -> None:
    """A freeze that a late activity makes needless is listed as no longer used."""
    pardons = Pardons(grants=((0, 1),))
    monday, tuesday, wednesday = marks_of("02 12:00", "03 12:00", "04 12:00")
    before = state_of([monday, wednesday], pardons=pardons)
    after = state_of([monday, tuesday, wednesday], pardons=pardons)
    assert Correction("freezes", 1, 0) in compare(before, after, tuesday).corrections


def test_what_is_satisfied_far_behind_is_forgotten_but_may_be_told() -> None:
    """A state knows a fixed number of periods one by one; beyond them the caller says which were done."""
    rules, start = DAILY, instant("2026-01-01 12:00")
    label = rules.calendar.label(start, zone("UTC"))
    marks = [Mark(label + n, start + n * DAY, n) for n in range(MEMORY + 2) if n != 3]
    state = state_of(marks)
    assert [n for n in range(-1, MEMORY + 4) if satisfied(state, label + n)] == [1, 2, *range(4, MEMORY + 2)]
    again = Mark(label, start, 99)
    assert not compare(state, state, again).already_recorded
    assert compare(state, state, again, already=True).already_recorded
    assert not satisfied(None, label)
    far = step(state, Mark(label + 1000, start + 1000 * DAY, 1000), rules, IN_UTC)
    assert far is not None
    assert far.behind == 0


def test_the_same_mark_again_is_already_recorded() -> None:
    """Repeating the last mark changes nothing and is told as already recorded, even below the target."""
    rules = StreakRules(target=2)
    (mark,) = marks_of("02 12:00")
    state = state_of([mark], rules)
    assert step(state, mark, rules, IN_UTC) == state
    assert compare(state, state, mark).already_recorded


def test_two_activities_at_one_instant_count_twice() -> None:
    """Activities are told apart by their id, not by their instant."""
    label = marks_of("02 12:00")[0].label
    rules, at = StreakRules(target=2), instant("2026-03-02 12:00")
    assert state_of([Mark(label, at, 1), Mark(label, at, 2)], rules).run == 1
    assert state_of([Mark(label, at, 1), Mark(label, at, 1)], rules).run == 0


def test_an_equal_run_leaves_the_longest_its_date() -> None:
    """Of two runs of one length, the longest is dated by the first."""
    marks = marks_of("02 12:00", "03 12:00", "06 12:00", "07 12:00")
    assert state_of(marks).longest_at == marks[1].instant


def test_no_marks_amount_to_nothing() -> None:
    """A fold of nothing is no state, and its history is empty."""
    assert fold((), DAILY, IN_UTC) is None
    assert history((), DAILY, IN_UTC, NO_PARDONS, 0) == ()


def test_history_lists_every_run_and_when_it_ended() -> None:
    """Each past run has its labels, its length and the deadline it missed; a living one has no end."""
    marks = marks_of("02 12:00", "03 12:00", "06 12:00")
    first = marks[0].label
    runs = history(marks, DAILY, IN_UTC, NO_PARDONS, instant("2026-03-06 13:00"))
    assert runs == (Run(first, first + 1, 2, instant("2026-03-05 00:00")), Run(first + 4, first + 4, 1, None))
    ended = history(marks, DAILY, IN_UTC, NO_PARDONS, instant("2026-03-08 00:00"))
    assert ended[-1].ended_at == instant("2026-03-08 00:00")
    assert history(marks_of("02 12:00"), StreakRules(target=2), IN_UTC, NO_PARDONS, 0) == ()


def test_a_carried_offset_decides_its_own_deadline() -> None:
    """With the offset of each activity, the deadline after one is in the offset that it carried."""
    east = fixed(9 * 3600)
    at = instant("2026-03-02 12:00")
    mark = Mark(DAILY.calendar.label(at, east), at, 1, 9 * 3600)
    state = step(None, mark, DAILY, CARRIED)
    seen = read(state, DAILY, CARRIED, NO_PARDONS, at)
    assert seen.expires_at == instant("2026-03-03 15:00")
    below = step(None, mark, StreakRules(target=2), CARRIED)
    assert below is not None
    assert below.offset == 9 * 3600
    assert read(below, StreakRules(target=2), CARRIED, NO_PARDONS, at + 4 * HOUR).progress == 0


@pytest.mark.parametrize(("clock", "run"), [("09:59:59", 2), ("10:00", 1)])
def test_a_gap_is_judged_by_the_offset_before_it(clock: str, run: int) -> None:
    """The day missed after an activity that carried -10:00 ends at midnight there, whatever comes next."""
    west, noon, later = -36_000, instant("2026-03-02 22:00"), instant(f"2026-03-04 {clock}")
    marks = [
        Mark(DAILY.calendar.label(noon, fixed(west)), noon, 1, west),
        Mark(DAILY.calendar.label(later, zone("UTC")), later, 2),
    ]
    state = fold(marks, DAILY, CARRIED)
    assert state is not None
    assert (marks[1].label - marks[0].label, state.run) == (2, run)


def test_a_zone_that_changes_on_the_stroke_of_midnight() -> None:
    """Whoever leaves a zone at its midnight never sees its next day: today lasts until the next midnight."""
    line = ZoneLine((zone("UTC"),)).then(instant("2026-01-03 00:00"), zone("Pacific/Honolulu"))
    at = instant("2026-01-01 12:00")
    state = fold([Mark(DAILY.calendar.label(at, zone("UTC")), at, 1)], DAILY, line)
    seen = read(state, DAILY, line, NO_PARDONS, instant("2026-01-02 12:00"))
    assert seen.expires_at == instant("2026-01-03 10:00")
    after = read(state, DAILY, line, NO_PARDONS, instant("2026-01-03 12:00"))
    assert after.broken_at == instant("2026-01-03 10:00")


def test_a_traveller_reads_a_day_lived_before() -> None:
    """Back in a date lived before, the progress is the target if it was reached there, else nothing."""
    line = ZoneLine((zone("Asia/Tokyo"),)).then(instant("2026-01-01 20:00Z"), zone("Pacific/Honolulu"))
    at = instant("2026-01-02 01:00", "Asia/Tokyo")
    back = instant("2026-01-01 20:30Z")
    second = Mark(DAILY.calendar.label(at, zone("Asia/Tokyo")), at, 2)
    seen = read(state_of([second]), DAILY, line, NO_PARDONS, back)
    assert (seen.status, seen.progress) == ("pending", 0)
    first = Mark(second.label - 1, back, 3)
    told = compare(state_of([second]), state_of([second, first]), first)
    assert told.corrections == (Correction("run", 1, 2), Correction("longest", 1, 2))
    both = state_of([Mark(second.label - 1, at - DAY, 1), second])
    seen = read(both, DAILY, line, NO_PARDONS, back)
    assert (seen.status, seen.progress) == ("active", 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"grace": -1},
        {"grace": 1.5},
        {"target": 0},
        {"target": True},
        {"freeze_cap": -1},
        {"grace_mode": "mercy"},
        {"freeze_every": -1},
        {"distinct_days": 1},
        {"match": "some"},
        {"goals": (3, 0)},
        {"goals": (1 << 31, 1 << 31)},
        {"goals": (3, 20), "target": 2},
        {"distinct_days": True, "target": 2},
        {"calendar": Calendar("weekly"), "distinct_days": True, "goals": (7, 8)},
        {"calendar": Calendar("days", days=3), "distinct_days": True, "target": 4},
        {"calendar": Calendar("all_time")},
        {"calendar": Calendar("weekly"), "rest_weekdays": {5}},
        {"rest_weekdays": range(7)},
        {"rest_weekdays": {7}},
    ],
)
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    """Rules under which nothing could be required or reached are a `BadValue` that names the field."""
    with pytest.raises(BadValue) as caught:
        StreakRules(**wrong)  # type: ignore[arg-type]
    assert caught.value.field == list(wrong)[-1]


def test_pardons_are_checked_and_put_in_order() -> None:
    """A pause without length and a grant of nothing are refused; grants are kept in order of time."""
    with pytest.raises(BadValue, match="pause ends after"):
        Pardons(pauses=((5, 5),))
    with pytest.raises(BadValue, match="At least one freeze"):
        Pardons(grants=((5, 0),))
    assert Pardons(grants=((9, 1), (5, 2))).grants == ((5, 2), (9, 1))


def test_a_day_start_that_comes_twice_counts_from_its_first_time() -> None:
    """Where the clock goes back over the start of the day, the day before ends there, and for half an hour is back."""
    rules = StreakRules(Calendar(day_start=30))
    line = ZoneLine((zone("America/Havana"),))
    first = 1_730_608_200 * 1_000_000  # 3 November 2024, 00:30, the first of two
    done = Mark(rules.calendar.label(first - 36 * HOUR, line.zones[0]), first - 36 * HOUR, 1)
    state = fold([done], rules, line)
    alive = [read(state, rules, line, NO_PARDONS, first + nudge).current for nudge in (-1, 0, HOUR - 1, HOUR)]
    assert alive == [1, 0, 1, 0]
