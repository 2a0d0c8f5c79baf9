"""Why an event came out as it did, what it would take, and what time will do: as data and as sentences."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core import (
    Badge,
    Cap,
    Catalog,
    Challenge,
    Emit,
    Engine,
    Event,
    Ladder,
    Leaderboard,
    ManualClock,
    Metric,
    NotFound,
    Rule,
    RuleFailed,
    Streak,
)
from gamify_core.services.event_answers import EventAnswer
from tests.engine.conftest import MakeEngine

DRAWN = re.compile(r"\(drew 0\.[0-9]{6}\)")
GAME = Catalog(
    metrics=[
        Metric("lessons", on="lesson_finished"),
        Metric("topics", on="lesson_finished", distinct="topic"),
    ],
    streaks=[
        Streak("daily", freeze_cap=2),
        Streak("sharp", on="lesson_finished", when="score >= 90"),
    ],
    ladders=[Ladder("tier", {"bronze": 0, "silver": 60, "gold": 2000})],
    rules=[
        Rule(
            "lesson",
            on="lesson_finished",
            when="score >= 60",
            award="10 + score // 10",
            streak="daily",
            cap=Cap(points=30),
        ),
        Rule("third", on="lesson_finished", when='score > 0 and metric("lessons") >= 3', award=1),
        Rule("grown", on="lesson_finished", when="participant.age >= 18 or chance(0.0)", award=1),
    ],
    badges=[
        Badge("first_steps", criteria="lessons >= 1", points=50),
        Badge("explorer", criteria="topics >= 5 and streak.daily >= 7 or lessons >= 100", secret=True),
        Badge("pioneer", criteria="lessons >= 1", max_supply=1),
        Badge("by_hand"),
    ],
    challenges=[Challenge("march", goals="lessons >= 2", period="monthly")],
)


def test_an_event_answers_why_when_it_is_asked(make_engine: MakeEngine) -> None:
    """Rules with what bound them, thresholds with what they lack, in words and numbers; unasked there is nothing."""
    game = make_engine(GAME)
    assert game.events.emit("bob", "lesson_finished", {"score": 60}).why is None
    answer = game.events.emit("ada", "lesson_finished", {"score": 97, "topic": "loops"}, explain=True)
    assert DRAWN.sub("(drew …)", str(answer.why)) == (
        "lesson: yes\n"
        'third: no, metric("lessons") >= 3 is false (metric("lessons") = 1)\n'
        "grown: no, participant.age >= 18 is false (participant.age is missing); chance(0.0) is false (drew …)\n"
        "tier silver: reached, points.earned 69 of 60\n"
        "tier gold: not yet, points.earned 69 of 2,000\n"
        "badge first_steps: reached, lessons 1 of 1\n"
        "badge explorer: not yet, topics 1 of 5, streak.daily 1 of 7\n"
        "badge pioneer: not yet, lessons 1 of 1, pioneer is sold out: its max_supply is 1\n"
        "challenge march: not yet, lessons 1 of 2"
    )
    assert answer.why is not None
    assert answer.why.effects == answer.effects
    explorer = next(one for one in answer.why.thresholds if one.code == "explorer")
    assert [(one.metric, one.before, one.value, one.missing) for one in explorer.reaches] == [
        ("topics", 0, 1, 4),
        ("streak.daily", 0, 1, 6),
        ("lessons", 0, 1, 99),
    ]
    assert json.loads(json.dumps(answer.why.to_dict())) == answer.why.to_dict()


def test_what_bound_a_rule_is_told_in_numbers(make_engine: MakeEngine) -> None:
    """A cap says what it is and what it left."""
    game = make_engine(GAME)
    for _ in range(2):
        answer = game.events.emit("ada", "lesson_finished", {"score": 100}, explain=True)
    assert answer.why is not None
    lesson = answer.why.rules[0]
    assert lesson.fires
    (bound,) = lesson.bounds
    assert (bound.effect, bound.code, dict(bound.values)) == (
        "award",
        "cap",
        {"cap": 30, "per": "daily", "left": 10},
    )
    assert str(lesson) == "lesson: yes, the daily cap of 30 leaves 10"


def test_a_streak_that_does_not_take_the_event_says_why(make_engine: MakeEngine) -> None:
    """A condition of its own is explained as a rule's is."""
    found = make_engine(GAME).events.explain("ada", "lesson_finished", {"score": 89})
    assert [str(one) for one in found.streaks] == ["sharp: no, score >= 90 is false (score = 89)"]
    assert "streak sharp: no, score >= 90 is false (score = 89)" in str(found)


def test_a_rung_that_was_assigned_holds_what_is_earned(make_engine: MakeEngine) -> None:
    """The threshold is met and the rung not reached: that it is pinned is the reason."""
    game = make_engine(GAME)
    game.tiers.assign("ada", "bronze")
    found = game.events.explain("ada", "lesson_finished", {"score": 97})
    assert "tier silver: not yet, points.earned 69 of 60, bronze is assigned by hand" in str(found)


@given(st.lists(st.tuples(st.integers(0, 120), st.sampled_from("abcdef"), st.integers(0, 30)), max_size=12))
def test_asking_changes_nothing_and_tells_the_truth(events: list[tuple[int, str, int]]) -> None:
    """Asked or not, a history ends in the same state; what is told as reached is what was earned, and no other."""
    clock, other_clock = ManualClock(), ManualClock()
    asked, silent = Engine(GAME, clock=clock, seed=1), Engine(GAME, clock=other_clock, seed=1)
    for score, topic, hours in events:
        properties = {"score": score, "topic": topic}
        told = asked.events.explain("ada", "lesson_finished", properties)
        answer = asked.events.emit("ada", "lesson_finished", properties, explain=True)
        assert silent.events.emit("ada", "lesson_finished", properties) == answer
        why = answer.why
        assert why is not None
        assert (why.rules, why.thresholds) == (told.rules, told.thresholds)
        badges = {badge.code for badge in answer.badges}
        assert {one.code for one in why.thresholds if one.kind == "badge" and one.reached} == badges
        for one in why.thresholds:
            assert bool(one.missing) is not one.reached or one.reason
        later = asked.events.why(answer.event_id)
        assert [(one.rule, one.fires) for one in later.rules] == [(one.rule, one.fires) for one in why.rules]
        reached = [one.code for one in why.thresholds if one.reached]
        assert sorted(one.code for one in later.thresholds) == sorted(reached)
        for each in (clock, other_clock):
            each.advance(hours=hours)
    assert asked.history.state_digest() == silent.history.state_digest()


def test_a_strict_rule_refuses_though_it_is_asked_why(make_engine: MakeEngine) -> None:
    """Asking in earnest is in earnest."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", deduct=5, strict=True)]))
    with pytest.raises(RuleFailed):
        game.events.emit("ada", "e", explain=True)
    assert game.history.activity() == ()


STRICT = Catalog(
    metrics=[Metric("n", on="e")],
    rules=[
        Rule("first", on="e", award=1),
        Rule("grown", on="e", when="age >= 18", award=1),
        Rule("pays", on="e", deduct=5, strict=True),
        Rule("last", on="e", award=1),
    ],
)


def test_a_refusal_tells_what_came_of_the_event_up_to_there(make_engine: MakeEngine) -> None:
    """What fired before, what was false, what bound the strict rule; unasked it tells nothing."""
    game = make_engine(STRICT)
    with pytest.raises(RuleFailed) as refused:
        game.events.emit("ada", "e", {"age": 7}, explain=True)
    why = refused.value.why
    assert why is not None
    assert [str(one) for one in why.rules] == [
        "first: yes",
        "grown: no, age >= 18 is false (age = 7)",
        "pays: no, Insufficient points. Available: 1, requested: 5; it is strict, so the event is refused",
    ]
    assert [effect.tag for effect in why.effects] == ["points_awarded", "skipped"]
    with pytest.raises(RuleFailed) as refused:
        game.events.emit("ada", "e", {"age": 7})
    assert refused.value.why is None


def test_each_event_of_a_batch_answers_why(make_engine: MakeEngine) -> None:
    """As if it were sent alone, the refused one too; and of a batch that is repeated, what was recorded."""
    game, alone = make_engine(STRICT), make_engine(STRICT)
    for each in (game, alone):
        each.points.award("ada", 9)
    sent = [Emit("ada", "e", {"age": 7}), Emit("bob", "e", {"age": 7}), Emit("ada", "e", {"age": 18})]
    with pytest.raises(RuleFailed) as refused:
        alone.events.emit("bob", "e", {"age": 7}, explain=True)
    told = [alone.events.emit("ada", "e", {"age": age}, explain=True).why for age in (7, 18)]
    for replayed in (False, True):
        batch = game.events.emit_batch(sent, explain=True, idempotency_key="k")
        first, second, third = batch
        for item, why in ((first, told[0]), (third, told[1])):
            assert isinstance(item.answer, EventAnswer)
            assert item.answer.why is not None
            assert why is not None
            assert item.answer.why.as_recorded is replayed
            assert list(map(str, item.answer.why.rules)) == list(map(str, why.rules))
        assert second.error is not None
        if not replayed:
            assert isinstance(second.error, RuleFailed)
            assert second.error.why == refused.value.why
    unasked = game.events.emit_batch(sent[:1]).results[0].answer
    assert isinstance(unasked, EventAnswer)
    assert unasked.why is None


def test_what_was_drawn_is_told(make_engine: MakeEngine) -> None:
    """The very draws that decided: losing ones are no less than the odds, and a roll is what was rolled."""
    game = make_engine(
        Catalog(
            rules=[
                Rule("lucky", on="e", when="chance(0.25)", award=1),
                Rule("six", on="e", when="roll(1, 6) + roll(1, 6) == 12", award=1),
            ]
        ),
        seed=3,
    )
    lost = 0
    for _ in range(20):
        why = game.events.emit("ada", "e", explain=True).why
        assert why is not None
        lucky, six = why.rules
        for predicate in lucky.failed:
            lost += 1
            draw = predicate.values["chance(0.25)"]
            assert isinstance(draw, Decimal)
            assert draw >= Decimal("0.25")
            assert str(lucky) == f"lucky: no, chance(0.25) is false (drew {draw})"
        for predicate in six.failed:
            rolled = [predicate.values["roll(1, 6)"], predicate.values["roll(1, 6) #2"]]
            assert all(isinstance(each, int) and 1 <= each <= 6 for each in rolled)
            assert rolled != [6, 6]
    assert 10 <= lost < 20


def test_a_condition_in_python_goes_by_its_name(make_engine: MakeEngine) -> None:
    """Nobody can look into it, so what it saw is told, as data and in the headline."""

    def is_late(properties: Mapping[str, object]) -> bool:
        return properties["hour"] == 23

    late = Rule("late", on="e", when=is_late, award=1)
    found = make_engine(Catalog(rules=[late])).events.explain("ada", "e", {"hour": 9.5, "tags": ["a"]})
    assert str(found) == "late: no, its Python condition is_late says no (hour = 9.5, tags = ['a'])"
    assert found.rules[0].failed[0].source == "is_late"
    assert found.rules[0].to_dict()["failed"] == [
        {"source": "is_late", "values": {"hour": 9.5, "tags": ["a"]}}
    ]
    assert str(late.decide({"hour": 9})) == "late: no, its Python condition is_late says no (hour = 9)"
    assert str(late.decide({})) == "late: no, its Python condition is_late raised KeyError: 'hour'"


def test_what_was_passed_long_ago_is_not_said_to_be_lacking(make_engine: MakeEngine) -> None:
    """A badge that came later is not given by going on: what gives it is said, and does."""
    before = make_engine(Catalog(metrics=[Metric("n", on="e")]))
    for _ in range(4):
        before.events.emit("ada", "e")
    later = Catalog(metrics=[Metric("n", on="e")], badges=[Badge("three", criteria="n >= 3")])
    game = make_engine(later, store=before._store)  # noqa: SLF001
    why = game.events.emit("ada", "e", explain=True).why
    assert why is not None
    assert str(why.thresholds[0]) == (
        'badge three: not yet, n 5 of 3, passed before this event, so it is given by on_change="reevaluate" '
        "or history.apply"
    )
    assert game.history.apply(game.history.backtest(later)).badges_given == 1


def test_a_name_that_may_be_misspelt_is_told(make_engine: MakeEngine) -> None:
    """A property that nothing reads, where one like it did not come; one that is there beside it is no mistake."""
    game = make_engine(GAME)
    for properties, told in (
        ({"scroe": 97}, ("nothing reads scroe: did you mean score?",)),
        ({"scroe": 97, "score": 97}, ()),
        ({"colour": "red"}, ()),
        ({"topics": "loops", "score": 1}, ("nothing reads topics: did you mean topic?",)),
    ):
        found = game.events.explain("ada", "lesson_finished", properties)
        assert found.hints == told
        assert str(found).endswith("\n".join(told))
    found = game.events.explain("ada", "lesson_finishd", {"score": 97})
    assert found.hints == ("nothing listens to lesson_finishd: did you mean lesson_finished?",)
    declared = Catalog(
        events=[Event("e", score="integer", scroe="integer")], rules=[Rule("r", on="e", award="score")]
    )
    assert make_engine(declared).events.explain("ada", "e", {"scroe": 1}).hints == ()
    python = Catalog(rules=[Rule("r", on="e", award="score"), Rule("p", on="e", when=bool, award=1)])
    assert make_engine(python).events.explain("ada", "e", {"scroe": 1}).hints == ()


# -- of the past ---------------------------------------------------------------------------------------------


def test_an_event_of_the_past_is_explained_by_the_catalog_of_its_day(make_engine: MakeEngine) -> None:
    """What was recorded tells which rules fired, what bound them, and which conditions on properties were false."""
    game = make_engine(GAME)
    game.events.emit("ada", "lesson_finished", {"score": 100})
    sent = game.events.emit("ada", "lesson_finished", {"score": 100, "topic": "loops"}, idempotency_key="k")
    failed = game.events.emit("ada", "lesson_finished", {"score": 0})
    later = make_engine(Catalog(), store=game._store)  # noqa: SLF001
    later.points.award("ada", 1)
    why = later.events.why(sent.event_id)
    assert why == later.events.why(key="k")
    assert why.as_recorded
    assert why.effects == sent.effects
    assert str(why) == (
        "lesson: yes, the daily cap of 30 leaves 10\n"
        'third: no, score > 0 and metric("lessons") >= 3 was false, or left it nothing to give; '
        "what it read beside the event is not kept\n"
        "grown: no, participant.age >= 18 or chance(0.0) was false, or left it nothing to give; "
        "what it read beside the event is not kept\n"
        "challenge march: reached"
    )
    assert str(later.events.why(failed.event_id)).splitlines()[:2] == [
        "lesson: no, score >= 60 is false (score = 0)",
        "third: no, score > 0 is false (score = 0)",
    ]
    with pytest.raises(NotFound, match="Event not found: evt_99"):
        later.events.why("evt_99")


@given(
    st.lists(
        st.tuples(st.integers(50, 100), st.sampled_from("abc"), st.sampled_from([-30, 0, 2, 24])), max_size=4
    )
)
def test_a_history_decided_again_tells_all_that_was_told_then(events: list[tuple[int, str, int]]) -> None:
    """Late events, luck and attributes included: what an event answered when it was asked why is told years later."""
    clock = ManualClock("2026-03-02T09:00+00:00")
    game = Engine(GAME, clock=clock, seed=1).scope("guild")
    game.participants.upsert("ada", attributes={"age": 17})
    answers = []
    for score, topic, hours in events:
        at = clock.now() + timedelta(hours=min(hours, 0))
        answers.append(
            game.events.emit("ada", "lesson_finished", {"score": score, "topic": topic}, at=at, explain=True)
        )
        clock.advance(hours=max(hours, 0))
        game.participants.update("ada", attributes={"age": score})
    before = game.history.state_digest()
    for answer in answers:
        assert game.events.why(answer.event_id, replay=True) == answer.why
    assert game.history.state_digest() == before


def test_what_was_amended_or_erased_is_told_as_it_was_recorded(make_engine: MakeEngine) -> None:
    """There a history that is decided again has no more to tell."""
    game = make_engine(GAME)
    sent = game.events.emit("ada", "lesson_finished", {"score": 10})
    amended = game.events.amend(sent.event_id, {"score": 97})
    assert game.events.why(amended.event_id, replay=True).as_recorded
    game.participants.anonymize("ada")
    assert game.events.why(sent.event_id, replay=True).as_recorded


def test_a_repeated_key_is_explained_from_what_was_recorded(make_engine: MakeEngine) -> None:
    """The first answer again comes with the first reasons, as far as they were kept."""
    game = make_engine(GAME)
    for replayed in (False, True):
        answer = game.events.emit("ada", "lesson_finished", {"score": 97}, explain=True, idempotency_key="k")
        assert (answer.replayed, answer.why is not None and answer.why.as_recorded) == (replayed, replayed)
        assert str(answer.why).splitlines()[0] == "lesson: yes"


SILENT = Catalog(
    badges=[Badge("star")],
    streaks=[Streak("odd", on="e", when="n / zero > 1")],
    rules=[
        Rule("early", on="e", starts="2027-01-01T00:00Z", award=1),
        Rule("late", on="e", ends="2026-01-01T00:00Z", award=1),
        Rule("python", on="e", when=lambda properties: bool(properties.get("n")), award=1),
        Rule("held", on="e", badge="star"),
        Rule("held_too", on="e", when="zero == 0", badge="star"),
        Rule("elsewhere", on="other", award=1),
    ],
)


def test_a_rule_that_did_nothing_is_explained_too(make_engine: MakeEngine) -> None:
    """Out of season, decided in Python, or with nothing left to give; a streak whose condition fails says how."""
    game = make_engine(SILENT)
    game.badges.award("ada", "star")
    answer = game.events.emit("ada", "e", {"n": 0, "zero": 0}, explain=True)
    assert "streak odd: no, " in str(answer.why)
    assert answer.why is not None
    (told,) = [streak.reason for streak in answer.why.streaks]
    assert told.startswith("n / zero")
    assert str(game.events.why(answer.event_id)) == (
        "early: no, it is out of season\n"
        "late: no, it is out of season\n"
        "python: no, its Python condition says no, or it had nothing to give\n"
        "held: no, it had nothing to give\n"
        "held_too: no, it had nothing to give"
    )


def test_a_challenge_that_is_over_is_not_near(make_engine: MakeEngine) -> None:
    """Nor is one that is switched off; a rung that went out of the ladder was still left for a higher one."""
    over = Challenge("over", goals="lessons >= 2", ends="2026-03-01T00:00Z")
    off = Challenge("off", goals="lessons >= 2", is_active=False)
    lessons = Metric("lessons", on="e")
    game = make_engine(Catalog(metrics=[lessons], challenges=[over, off]))
    assert game.events.explain("ada", "e").thresholds == ()
    before = make_engine(
        Catalog(metrics=[lessons], ladders=[Ladder("tier", {"old": 0, "new": 2}, metric="lessons")])
    )
    before.events.emit("ada", "e")
    later = make_engine(
        Catalog(metrics=[lessons], ladders=[Ladder("tier", {"new": 2, "next": 9}, metric="lessons")]),
        store=before._store,  # noqa: SLF001
    )
    sent = later.events.emit("ada", "e", explain=True)
    assert str(later.events.why(sent.event_id)).splitlines()[1:] == ["tier new: reached"]
    assert str(sent.why).splitlines()[1:] == [
        "tier new: reached, lessons 2 of 2",
        "tier next: not yet, lessons 2 of 9",
    ]


def test_the_luck_of_the_past_is_known(make_engine: MakeEngine) -> None:
    """Draws are repeated, so a condition on luck alone is told as it was."""
    game = make_engine(Catalog(rules=[Rule("lucky", on="e", when="chance(0.5)", award=1)]), seed=3)
    for _ in range(20):
        answer = game.events.emit("ada", "e", explain=True)
        assert answer.why is not None
        assert game.events.why(answer.event_id).rules == answer.why.rules


def test_an_erased_event_says_so(make_engine: MakeEngine) -> None:
    """Whose properties are gone cannot be worked out again, and is not made up."""
    game = make_engine(GAME)
    sent = game.events.emit("ada", "lesson_finished", {"score": 10})
    game.participants.anonymize("ada")
    assert "lesson: no, what the event came with was erased" in str(game.events.why(sent.event_id))


# -- what it would take, and what will lapse -----------------------------------------------------------------


def test_what_a_badge_still_takes(make_engine: MakeEngine) -> None:
    """All thresholds, and those on the shortest way; nothing once it is earned, and no numbers for one by hand."""
    game = make_engine(GAME)
    assert str(game.badges.progress("ada", "explorer")) == "explorer 0%, lessons 0 of 100"
    game.events.emit("ada", "lesson_finished", {"score": 97, "topic": "loops"})
    progress = game.badges.progress("ada", "explorer")
    assert str(progress) == "explorer 17%, topics 1 of 5, streak.daily 1 of 7"
    assert [need.missing for need in progress.needs] == [4, 6, 99]
    assert json.loads(json.dumps(progress.to_dict())) == progress.to_dict()
    first = game.badges.progress("ada", "first_steps")
    assert (first.earned, first.progress, first.missing) == (True, 1.0, ())
    assert game.badges.progress("ada", "by_hand").needs == ()
    with pytest.raises(NotFound, match="Badge definition not found: exploer"):
        game.badges.progress("ada", "exploer")


def test_what_is_due_is_what_settling_then_does(make_engine: MakeEngine, clock: ManualClock) -> None:
    """For everybody or for one, without a trace; and when the day has come, just that happens."""
    game = make_engine(GAME)
    for who in ("ada", "bob"):
        game.streaks.record(who, "daily")
    game.streaks.give_freezes("ada", "daily", 1)
    before = game.history.state_digest()
    until = clock.now() + timedelta(days=5)
    assert str(game.due(until, participant_id="ada")) == (
        "2026-03-04 00:00 ada · streak daily            a freeze stands in for 2026-03-03\n"
        "2026-03-05 00:00 ada · streak daily            broken after 1 day"
    )
    assert str(game.due(clock.now())) == "nothing is due by 2026-03-02T09:00:00Z"
    assert game.due(until, participant_id="nobody").effects == ()
    assert game.due(until, limit=1).more
    foreseen = game.due(until)
    with game.dry_run() as trial:
        assert trial.due(until) == foreseen
    assert game.history.state_digest() == before
    clock.set(until)
    assert game.settle().effects == foreseen.effects
    assert len(foreseen) == 3


def test_a_file_that_is_only_read_says_what_is_due(tmp_path: Path) -> None:
    """Nothing has to be written to foresee."""
    path = tmp_path / "game.db"
    with Engine(Catalog(streaks=[Streak("daily")]), path) as game:
        game.streaks.record("ada", "daily")
    with Engine.reopen(path, read_only=True) as game:
        found = game.due(datetime.now(UTC) + timedelta(days=3))
        assert [effect.tag for effect in found] == ["streak_broken"]


def test_what_a_board_will_pay_is_due_to_whom_it_will_be_paid(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """A period that closes is everybody's matter; foreseen for one is what comes to them, in their scope."""
    prizes: dict[int | str, int | Mapping[str, object]] = {1: 500, 2: 200}
    weekly = Leaderboard("weekly", period="weekly", finalize_after="12h", prizes=prizes)
    game = make_engine(Catalog(leaderboards=[weekly], streaks=[Streak("daily")]))
    for scope in ("", "guild"):
        for who, points in (("ada", 30), ("bob", 20), ("cyd", 10)):
            game.scope(scope).points.award(who, points)
    game.streaks.record("bob", "daily")
    until = clock.now() + timedelta(days=8)
    foreseen = {who: game.due(until, participant_id=who).effects for who in ("ada", "bob", "cyd")}
    everything = game.due(until).effects
    clock.set(until)
    assert game.settle().effects == everything
    assert [effect.tag for effect in foreseen["bob"]] == ["streak_broken", "rank_prize", "points_awarded"]
    assert [effect.tag for effect in foreseen["ada"]] == ["rank_prize", "points_awarded"]
    assert foreseen["cyd"] == ()
    assert game.points.balance("bob").balance == 220
