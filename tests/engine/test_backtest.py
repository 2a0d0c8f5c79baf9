"""A history under another catalog: who gains, who loses, by what, and what would have been refused."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import (
    Backtest,
    Badge,
    BadHistory,
    BadValue,
    Catalog,
    CatalogError,
    Challenge,
    Currency,
    Engine,
    GamifyError,
    Ladder,
    Leaderboard,
    ManualClock,
    Metric,
    ReadOnly,
    Reward,
    Rule,
    Side,
    StoreError,
    Streak,
    backtest,
)
from gamify_core.storage.memory import MemoryStore
from tests.engine.conftest import START, MakeEngine, store_of
from tests.engine.test_replay_law import CATALOG, COMMANDS, play

OLD = Catalog(
    metrics=[Metric("lessons", "lesson")],
    rules=[Rule("lesson", on="lesson", when="score >= 60", award=10)],
    ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 25})],
    badges=[Badge("first", criteria="lessons >= 1", points=5), Badge("card", max_supply=9)],
    rewards=[Reward("mug", type="physical", points_cost=20)],
)


def changed(**parts: Any) -> Catalog:
    """Return the catalog with some sections replaced."""
    return attrs.evolve(OLD, **parts)


def lesson(game: Engine, who: str, *scores: int) -> None:
    """Send some events."""
    for score in scores:
        game.events.emit(who, "lesson", {"score": score})


STRICT = changed(rules=[Rule("lesson", on="lesson", when="score >= 80", award=10)])


@settings(deadline=None)
@given(commands=COMMANDS)
def test_under_the_catalogs_that_were_in_force_nothing_is_otherwise(commands: list[Any]) -> None:
    """Whatever was done, with edits, undoing and late events in the mix."""
    clock = ManualClock(START)
    game = Engine(CATALOG, MemoryStore(), clock=clock, seed=7)
    play(game, clock, commands)
    report = game.history.backtest()
    assert report.same, str(report)
    json.dumps(report.to_dict())


@settings(deadline=None)
@given(commands=COMMANDS)
def test_under_the_one_catalog_that_there_was_nothing_is_otherwise(commands: list[Any]) -> None:
    """Where ids, settling and reevaluation are found anew, rather than taken from the rows."""
    clock = ManualClock(START)
    game = Engine(CATALOG, MemoryStore(), clock=clock, seed=7)
    play(game, clock, commands)
    report = game.history.backtest(CATALOG)
    assert report.same, str(report)


def test_who_gains_and_who_loses(make_engine: MakeEngine) -> None:
    """By participant and in sum, with the rule, the badge and the rung it comes from, and the condition that failed."""
    game = make_engine(OLD)
    lesson(game, "ada", 90, 90, 90)
    lesson(game, "bob", 70, 70)
    richer = attrs.evolve(STRICT, badges=[*OLD.badges, Badge("keen", criteria="lessons >= 3", points=7)])
    report = game.history.backtest(richer)
    assert {one.participant_id: dict(one.points) for one in report.movers} == {
        "bob": {"points": -20},
        "ada": {"points": 7},
    }
    (bob,) = (one for one in report.movers if one.participant_id == "bob")
    assert [str(cause) for cause in bob.because] == ["rule lesson: 20 → 0 points, 2 → 0 times"]
    assert bob.tiers == (("tier", "silver", "bronze"),)
    assert bob.first is not None
    assert bob.first.then == ("+10 points rule lesson",)
    assert bob.first.now == ()
    assert bob.first.why == "rule lesson does not fire now: score >= 80 is false (score = 70)"
    (points,) = report.currencies
    assert (points.issued_then, points.issued_now) == (60, 47)
    assert (points.gainers, points.gained, points.losers, points.lost) == (1, 7, 1, 20)
    (rule,) = (one for one in report.causes if one.cause == "rule:lesson")
    assert (rule.fired_then, rule.fired_now, rule.points_then, rule.points_now) == (5, 3, 50, 30)
    assert [(one.badge, one.both, one.only_then, one.only_now) for one in report.badges] == [
        ("first", 2, 0, 0),
        ("keen", 0, 0, 1),
    ]
    assert not report.same
    for text in ("bob: −20 points, tier silver → bronze", "badges.keen is new", "Behaviour is held fixed"):
        assert text in str(report)


def test_what_it_costs_is_told_where_that_is_known(make_engine: MakeEngine) -> None:
    """What was spent and what is outstanding, under either catalog, in money; debts are none of it."""
    game = make_engine(OLD)
    lesson(game, "ada", 90, 90, 90)
    lesson(game, "bob", 70, 70)
    game.rewards.claim("mug", "ada")
    report = game.history.backtest(STRICT, costs={"points": 0.1})
    (points,) = report.currencies
    costs = points.costs
    assert costs is not None
    assert costs.to_dict() == {
        "each": 0.1,
        "spent_then": 2.0,
        "spent_now": 2.0,
        "spent_change": 0.0,
        "liability_then": 4.0,
        "liability_now": 2.0,
        "liability_change": -2.0,
    }
    told = str(report).partition("What it costs\n")[2].splitlines()
    assert [line.split() for line in told[1:3]] == [
        ["points", "spent,", "at", "0.1", "each", "2", "2", "+0"],
        ["points", "liability,", "at", "0.1", "each", "4", "2", "−2"],
    ]
    assert json.loads(json.dumps(report.to_dict()))["currencies"][0]["costs"]["liability_now"] == 2.0
    bare = game.history.backtest(STRICT)
    assert "costs" not in json.dumps(bare.to_dict())
    assert "What it costs" not in str(bare)
    assert bare.id == report.id
    same = game.history.backtest(costs={"points": 0.1})
    assert same.same
    assert "points liability, at 0.1 each" in str(same)


def test_a_currency_of_which_nobody_has_any_costs_nothing(make_engine: MakeEngine) -> None:
    """It was asked about, so it is in the report, whichever of the catalogs has it."""
    game = make_engine(OLD)
    lesson(game, "ada", 90)
    report = game.history.backtest(changed(currencies=[Currency("gems")]), costs={"gems": 2})
    (gems,) = (one.costs for one in report.currencies if one.currency == "gems")
    assert gems is not None
    assert not any((gems.spent_then, gems.spent_now, gems.liability_then, gems.liability_now))
    assert report.same


@pytest.mark.parametrize(
    ("costs", "told"),
    [
        ([("points", 1)], "costs must be a mapping of currencies, not list"),
        ({"points": "much"}, "'much' is not a cost"),
        ({"points": True}, "True is not a cost"),
        ({"points": -0.01}, "-0.01 is not a cost"),
        ({"points": float("nan")}, "nan is not a cost"),
        ({"points": float("inf")}, "inf is not a cost"),
        ({"points": 10**400}, "is not a cost"),
        ({"point": 1}, "did you mean 'points'?"),
    ],
)
def test_what_is_no_cost_is_refused(costs: Any, told: str) -> None:
    """Before anything is decided again."""
    game = Engine(OLD, MemoryStore())
    lesson(game, "ada", 90)
    with pytest.raises(GamifyError) as refused:
        backtest(game, STRICT, costs=costs)
    assert told in str(refused.value)


def test_whose_streaks_and_ranks_are_others(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Runs that go on only as it was or only now, that are longer or shorter; who rises, falls, comes and goes."""

    def game_of(least: int) -> Catalog:
        lesson = Rule("lesson", on="lesson", when=f"score >= {least}", award="score", streak="daily")
        boards = [Leaderboard("all", period="all_time"), Leaderboard("week", period="weekly")]
        return Catalog(rules=[lesson], streaks=[Streak("daily")], leaderboards=boards)

    game = make_engine(game_of(50))
    for scores in ({"ada": 90, "bob": 55}, {"ada": 60, "bob": 55, "cyd": 95}, {"ada": 90, "bob": 58}):
        for who, score in scores.items():
            lesson(game, who, score)
        clock.advance(days=1)
    clock.advance(hours=-12)
    report = game.history.backtest(game_of(80))
    assert [(one.streak, one.only_then, one.only_now, one.longer, one.shorter) for one in report.streaks] == [
        ("daily", 1, 0, 0, 1)
    ]
    assert report.streaks[0].records == 2
    (board,) = report.ranks
    assert (board.board, board.ranked_then, board.ranked_now) == ("all", 3, 2)
    assert (board.rose, board.fell, board.entered, board.left) == (1, 0, 0, 1)
    assert [str(move) for move in board.moves] == ["bob 2 → off", "cyd 3 → 2"]
    bob = next(one for one in report.differences if one.participant_id == "bob")
    assert (bob.streaks, bob.ranks) == ((("daily", 3, 0),), (("all", 2, None),))
    for text in ("streak daily 3 → 0", "rank all 2 → off", "all, the farthest: bob 2 → off"):
        assert text in str(report)
    assert json.loads(json.dumps(report.to_dict()))["ranks"][0]["left"] == 1
    back = game.history.backtest(game_of(50))
    assert back.same
    assert not back.ranks[0].differs


@pytest.mark.parametrize("ties", ["competition", "dense", "ordinal"])
def test_ranks_are_those_of_the_board(make_engine: MakeEngine, ties: Any) -> None:
    """Whatever its policy of ties, and in each scope by itself."""
    board = Leaderboard("all", period="all_time", ties=ties)
    old = Catalog(rules=[Rule("r", on="e", award="n")], leaderboards=[board])
    new = Catalog(rules=[Rule("r", on="e", award="n % 7 + 1")], leaderboards=[board])
    game, other = make_engine(old), make_engine(new)
    sent = [
        ("", "ada", 9),
        ("", "bob", 7),
        ("", "cyd", 9),
        ("", "dan", 7),
        ("", "eve", 6),
        ("guild", "ada", 1),
    ]
    for scope, who, n in sent:
        for each in (game, other):
            each.scope(scope).events.emit(who, "e", {"n": n})
    found = {
        (one.scope, move.participant_id): move
        for one in game.history.backtest(new, top=9).ranks
        for move in one.moves
    }
    for scope, who, _ in sent:
        then, now = (each.scope(scope).leaderboards.rank("all", who).rank for each in (game, other))
        move = found.get((scope, who))
        assert ((move.then, move.now) if move is not None else (then, then)) == (then, now)


def test_definitions_that_name_others_by_their_ids(make_engine: MakeEngine) -> None:
    """A challenge that gives a reward made at run time gives it under other rules too, whatever its id is there."""
    game = make_engine(OLD)
    lesson(game, "ada", 90, 90, 90)
    game.rewards.claim("mug", "ada")  # refused under stricter rules, so that what follows has other numbers
    tea = game.definitions.rewards.create({"name": "Tea", "type": "physical", "points_cost": 9})
    game.definitions.challenges.create(Challenge("four", goals="lessons >= 4", reward=[tea.id]))
    game.definitions.challenges.update("four", {"goals": "lessons >= 5", "reward": [tea.id]})
    lesson(game, "ada", 90, 90)
    assert game.rewards.claims("ada").total == 2
    report = game.history.backtest(changed(rules=[Rule("lesson", on="lesson", when="score >= 95", award=10)]))
    assert [one.kind for one in report.refused] == ["rewards.claim"]
    assert [(one.reward, one.claims_then, one.claims_now) for one in report.rewards] == [
        ("mug", 1, 0),
        (tea.id, 1, 1),
    ]


def test_what_could_not_be_paid_any_more(make_engine: MakeEngine) -> None:
    """A claim that is refused now is told with its reason, and what rests on it is not repeated either."""
    game = make_engine(OLD)
    lesson(game, "ada", 70, 70)
    claim = game.rewards.claim("mug", "ada")
    game.rewards.cancel(claim.claim_id)
    report = game.history.backtest(STRICT)
    assert [(one.kind, one.code) for one in report.refused] == [
        ("rewards.claim", "insufficient_points"),
        ("rewards.cancel", "missing"),
    ]
    assert str(report.refused[0]).endswith("Insufficient points. Available: 5, requested: 20")
    assert report.refused[1].detail == f"{claim.claim_id} was not made under the new catalog"


def test_ids_lead_to_what_the_same_command_made(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Claims, copies, movements, events and gifts go by other numbers where outcomes differ, and are found."""
    first = make_engine()
    first.points.award("ada", 1)
    game = Engine(OLD, store_of(first), clock=clock)  # its adoption is a number that is not used again
    lesson(game, "ada", 70, 90)
    given = game.points.award("ada", 100)
    claim = game.rewards.claim("mug", "ada")
    copy = game.assets.mint("card", "ada")
    gift = game.gifts.create("Pack", "gold", 3, badge=True)
    sent = game.events.emit("bob", "lesson", {"score": 70})
    before = game.points.award("cay", 20)
    game.gifts.redeem(gift.gift_id, "bob")
    game.rewards.cancel(claim.claim_id)
    game.points.reverse(given.transaction_id, amount=40)
    game.assets.transfer(copy.asset_id, "ada", "bob")
    game.trades.execute(Side("bob", assets=[copy.asset_id]), Side("cay", points=1))
    game.events.retract(sent.event_id)
    game.points.reverse(before.transaction_id, amount=9)
    fresh = changed(
        rules=[
            Rule("early", on="lesson", award=1),
            Rule("lesson", on="lesson", award=10, mint="card"),
            Rule("late", on="lesson", award=1),
        ],
        rewards=[Reward("mug", type="physical", points_cost=10)],
    )
    report = game.history.backtest(fresh)
    assert report.refused == ()
    assert {one.participant_id: dict(one.points) for one in report.differences} == {"ada": {"points": 4}}


def test_what_is_due_before_a_command_does_not_take_its_name(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """Points that lapse sooner are told before the next command of theirs, whose event is still the one taken back."""
    then = Catalog(rules=[Rule("lesson", on="lesson", award=10, expires="60d")])
    game = make_engine(then)
    game.events.emit("ada", "lesson")
    clock.advance(days=20)
    sent = game.events.emit("ada", "lesson")
    game.events.retract(sent.event_id)
    sooner = attrs.evolve(then, rules=[Rule("lesson", on="lesson", award=15, expires="10d")])
    report = game.history.backtest(sooner)
    assert report.refused == ()
    (cause,) = [one for one in report.causes if one.cause == "rule:lesson"]
    assert (cause.points_then, cause.points_now) == (10, 15)
    assert "time: 0 → −15 points, 0 → 1 times" in str(report)


def test_draws_are_as_lucky_as_they_were(make_engine: MakeEngine) -> None:
    """Though the numbers of activities are others: commands that are refused now, and adoptions that are none."""
    lucky = Rule("luck", on="spin", when="chance(0.5)", award="roll(1, 1000)")
    game = make_engine(changed(rules=[*OLD.rules, lucky]), seed=5)
    lesson(game, "ada", 70, 70)
    game.rewards.claim("mug", "ada")
    for n in range(40):
        game.events.emit(f"p{n % 7}", "spin")
    report = game.history.backtest(attrs.evolve(STRICT, rules=[*STRICT.rules, lucky]))
    assert len(report.refused) == 1
    assert [one.participant_id for one in report.differences] == ["ada"]


def test_a_new_catalog_is_in_force_from_the_first_command_to_the_last(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """Adoptions are passed over; definitions made at run time act as they came, unless the catalog has its own."""
    game = make_engine(OLD)
    lesson(game, "ada", 70)
    game.definitions.badges.create({"code": "made", "criteria": "lessons >= 2", "points": 3})
    second = Engine(STRICT, store_of(game), clock=clock)
    lesson(second, "ada", 70)
    kept = second.history.backtest(OLD)
    assert dict(kept.differences[0].points) == {"points": 10}
    assert kept.overruled == ()
    own = second.history.backtest(
        changed(badges=[*OLD.badges, Badge("made", criteria="lessons >= 1", points=4)])
    )
    assert dict(own.differences[0].points) == {"points": 11}
    assert [one.code for one in own.overruled] == ["definition_exists"]
    assert "1 edit of definitions at run time went over what the catalog defines itself now" in str(own)


def test_what_time_does_is_done_by_the_new_definitions(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A streak with more grace does not break; nothing that was settled then is settled for the sake of it."""
    streak = Streak("daily", on="lesson")
    game = make_engine(changed(streaks=[streak]))
    lesson(game, "ada", 70)
    clock.advance(hours=40)
    assert len(game.settle()) == 1
    lesson(game, "ada", 70)
    patient = changed(
        streaks=[attrs.evolve(streak, grace_period_hours=40)],
        badges=[*OLD.badges, Badge("two", criteria="streak.daily >= 2")],
    )
    assert game.history.backtest(changed(streaks=[streak])).same
    report = game.history.backtest(patient)
    assert report.differences[0].badges_gained == ("two",)


def test_what_was_due_and_had_not_been_told_is_no_difference(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """Whom no command was about any more is owed what time brought, and by no other rules."""
    rules = [
        Rule("order", on="order", award=100, matures="1d", expires="30d"),
        Rule("visit", on="visit", award=7, expires="2d"),
    ]
    week = Leaderboard("week", period="weekly", finalize_after="1h", prizes={1: 500})
    then = Catalog(rules=rules, leaderboards=[week])
    game = make_engine(then)
    for who in ("ada", "bob"):
        game.events.emit(who, "visit")
        game.events.emit(who, "order")
    clock.advance(days=10)
    game.events.emit("bob", "visit")  # what was due for bob is done with it, and nothing for ada
    now = attrs.evolve(then, rules=[*rules, Rule("login", on="login", award=1)])
    report = game.history.backtest(now)
    assert report.same, str(report)
    issued = report.currencies[0].issued_then
    game.settle()
    assert sum(game.points.balance(who).total_earned for who in ("ada", "bob")) == issued == 1221


def test_erased_people_are_left_out_and_so_is_whom_they_dealt_with(make_engine: MakeEngine) -> None:
    """Their commands cannot be decided again, so neither can what came to others by them."""
    game = make_engine(OLD)
    lesson(game, "ada", 70)
    lesson(game, "cay", 70)
    game.points.award("bob", 50)
    game.points.transfer("bob", "ada", 30)
    game.participants.anonymize("bob")
    report = game.history.backtest(STRICT)
    assert [one.participant_id for one in report.differences] == ["cay"]
    assert (report.erased, report.entangled, report.participants) == (3, 1, 1)
    assert game.history.backtest().same


def test_scopes_are_compared_apart(make_engine: MakeEngine) -> None:
    """The same name in two scopes is two people."""
    game = make_engine(OLD)
    lesson(game, "ada", 90)
    game.scope("guild").events.emit("ada", "lesson", {"score": 70})
    report = game.history.backtest(STRICT)
    assert [(one.scope, one.participant_id) for one in report.differences] == [("guild", "ada")]


def test_an_event_that_the_new_catalog_does_not_know_is_refused(make_engine: MakeEngine) -> None:
    """Declared events are held against their declaration."""
    game = make_engine(OLD)
    lesson(game, "ada", 70)
    report = game.history.backtest(Catalog.from_dict({"events": {"visit": {}}}))
    assert [(one.kind, one.code) for one in report.refused] == [("event", "not_found")]


def test_a_rule_that_python_decides_needs_its_function(make_engine: MakeEngine) -> None:
    """With the function it is asked; of a file that keeps its name alone it is refused by that name."""

    def lucky(properties: Mapping[str, object]) -> bool:
        return properties.get("score") == 70

    game = make_engine(changed(rules=[Rule("lucky", on="lesson", when=lucky, award=3)]))
    lesson(game, "ada", 70, 80)
    assert dict(game.history.backtest(OLD).differences[0].points) == {"points": 17}
    read_back = Catalog.from_dict(game.catalog.to_dict())
    with pytest.raises(GamifyError, match="rule lucky is decided by a Python function"):
        game.history.backtest(read_back)


def test_a_file_is_only_read(tmp_path: Path) -> None:
    """The front door takes an engine or a path, and a catalog or its path."""
    path = tmp_path / "game.db"
    with Engine(OLD, path, clock=ManualClock(START)) as game:
        lesson(game, "ada", 70)
        digest = game.history.state_digest()
        report = backtest(game, STRICT)
    new = tmp_path / "new.json"
    new.write_text(json.dumps(STRICT.to_dict()), encoding="utf-8")
    assert backtest(path, new) == report
    assert backtest(str(path)).same
    with Engine(OLD, path) as game:
        assert game.history.state_digest() == digest
    export = tmp_path / "game.jsonl"
    with Engine(OLD, path) as game:
        game.history.export(export)
    assert backtest(export, STRICT) == report
    new.write_text("not a history", encoding="utf-8")
    with pytest.raises(BadHistory):
        backtest(new, STRICT)
    new.write_bytes(b"")
    with pytest.raises(StoreError, match="is empty: it holds no game"):
        backtest(new, STRICT)
    assert new.read_bytes() == b""
    wrong: list[Any] = [game.history, 3, None]
    for history in wrong:
        with pytest.raises(BadValue, match="history must be an engine or the path of a file, not"):
            backtest(history, STRICT)
    with pytest.raises(StoreError, match="there is no file"):
        backtest(tmp_path / "other.db", STRICT)
    new.write_text("{}}", encoding="utf-8")
    with pytest.raises(CatalogError):
        backtest(path, new)


def test_a_part_of_the_past_has_no_history_of_its_own(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Rows of the past are worked out for who asks, and not all of them can be gone through."""
    game = make_engine(OLD)
    lesson(game, "ada", 70)
    with pytest.raises(ReadOnly):
        game.at(clock.now()).history.backtest(STRICT)


def test_a_history_without_a_command_has_nothing_to_tell(make_engine: MakeEngine) -> None:
    """No activity is no difference."""
    report = make_engine(OLD).history.backtest(STRICT)
    assert isinstance(report, Backtest)
    assert report.same
    assert report.until is None
    assert str(report).startswith("0 commands, 0 participants, decided again")


def test_the_largest_movers_come_first_and_the_rest_is_counted(make_engine: MakeEngine) -> None:
    """As many as are asked for are told with their example."""
    game = make_engine(OLD)
    for n in range(1, 6):
        lesson(game, f"p{n}", *[70] * n)
    heard: list[tuple[int, int]] = []
    report = game.history.backtest(STRICT, top=2, progress=lambda done, whole: heard.append((done, whole)))
    assert [one.participant_id for one in report.movers] == ["p5", "p4"]
    assert [one.first is not None for one in report.differences] == [True, True, False, False, False]
    assert "… and 3 others for whom something is otherwise" in str(report)
    assert heard[-1] == (16, 16)
    with pytest.raises(GamifyError, match="top must be"):
        game.history.backtest(STRICT, top=-1)


@settings(deadline=None, max_examples=max(5, settings().max_examples // 4))
@given(commands=COMMANDS, seed=st.integers(0, 2**32))
def test_any_history_can_be_decided_under_any_catalog(commands: list[Any], seed: int) -> None:
    """Whatever is missing or priced otherwise: no command ends it, and the sums of the report agree."""
    clock = ManualClock(START)
    game = Engine(CATALOG, MemoryStore(), clock=clock, seed=7)
    play(game, clock, commands)
    draw = random.Random(seed)  # noqa: S311 - any will do

    def some(definitions: Any) -> list[Any]:
        return [one for one in definitions if draw.random() < 0.7]

    other = attrs.evolve(
        CATALOG,
        rules=some([Rule("lesson", on="lesson", award="score", mint="card"), CATALOG.rules[1]]),
        badges=[*some(CATALOG.badges[:3]), *CATALOG.badges[3:]],
        rewards=[attrs.evolve(one, points_cost=draw.randrange(60)) for one in CATALOG.rewards],
        ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 20, "gold": 500})],
    )
    report = game.history.backtest(other)
    for one in report.currencies:
        given = [dict(each.points).get(one.currency, 0) for each in report.differences]
        assert sum(given) == one.gained - one.lost
    assert len(str(report)) > 0
    json.dumps(report.to_dict())
