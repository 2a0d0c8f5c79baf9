"""An event taken back and sent again otherwise, in one activity."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from gamify_core import (
    Badge,
    BadValue,
    Cap,
    Catalog,
    Currency,
    Event,
    InsufficientPoints,
    Ladder,
    Leaderboard,
    ManualClock,
    Metric,
    NotFound,
    Rule,
    Streak,
)
from gamify_core.effects import PointsAwarded, PointsReversed

if TYPE_CHECKING:
    from .conftest import MakeEngine

CATALOG = Catalog(
    metrics=[Metric("best", on="e", max="score")],
    rules=[Rule("r", on="e", award="score", when="score >= 10")],
    ladders=[Ladder("tier", tiers={"a": 0, "b": 50, "c": 90}, demotion="immediate")],
    leaderboards=[
        Leaderboard("points", period="weekly", periods=["weekly", "all_time"]),
        Leaderboard("best", metric="best"),
    ],
)


def test_the_difference_is_made(make_engine: MakeEngine) -> None:
    """What the event gave goes, what it should have given comes; nothing rises and falls on the way."""
    game = make_engine(CATALOG)
    sent = game.events.emit("ada", "e", {"score": 60})
    answer = game.events.amend(sent.event_id, {"score": 70}, reason="typo")
    assert [type(one) for one in answer.effects] == [PointsReversed, PointsAwarded]
    assert (answer.points, answer.event_name, answer.amended_event_id) == (10, "e", sent.event_id)
    assert answer.event_id == f"evt_{answer.activity_id}"
    assert game.points.balance("ada").total_earned == 70
    assert game.leaderboards.rank("best", "ada").score == 70
    assert game.participants.get("ada").total_events == 1
    assert [(event.id, event.properties, event.retracted) for event in game.events.list("ada")] == [
        (answer.event_id, {"score": 70}, False),
        (sent.event_id, {"score": 60}, True),
    ]
    assert answer.to_dict() == {
        "event_id": answer.event_id,
        "fact_id": answer.fact_id,
        "status": "processed",
        "effects": [effect.to_dict() for effect in answer.effects],
        "amended_event_id": sent.event_id,
        "stayed": [],
    }


def test_tiers_go_where_the_difference_leads(make_engine: MakeEngine) -> None:
    """A rung is left, or reached, by what stands in the end."""
    game = make_engine(CATALOG)
    sent = game.events.emit("ada", "e", {"score": 95})
    down = game.events.amend(sent.event_id, {"score": 55})
    assert [one.to_dict()["code"] for one in down.effects[2:]] == ["b"]
    up = game.events.amend(down.event_id, {"score": 99})
    assert up.tier_upgrade is not None
    assert up.tier_upgrade.code == "c"


def test_it_occurred_when_it_occurred(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Weeks later the event still counts in its own week, and its streak mark in its own day."""
    catalog = Catalog(
        rules=CATALOG.rules,
        leaderboards=CATALOG.leaderboards,
        metrics=CATALOG.metrics,
        streaks=[Streak("daily", on="e")],
    )
    game = make_engine(catalog)
    then = clock.now()
    sent = game.events.emit("ada", "e", {"score": 60})
    clock.advance(days=30)
    answer = game.events.amend(sent.event_id, {"score": 20})
    assert answer.occurred_at == then
    assert answer.recorded_at == clock.now()
    assert len(game.leaderboards.top("points")) == 0
    assert game.leaderboards.rank("points", "ada", period="all_time").score == 20
    assert game.streaks.get("ada", "daily").last_recorded_at == then
    (row,) = game.history.activity(after=answer.activity_id - 1)
    assert row.occurred_at == then
    clock.set(then)
    assert [row.score for row in game.leaderboards.top("points")] == [20]


@pytest.mark.parametrize("recorded", [True, False])
def test_the_day_is_that_of_the_instant_s_own_offset(
    make_engine: MakeEngine, clock: ManualClock, *, recorded: bool
) -> None:
    """A streak in the zone of the event keeps its day, whether the first version recorded it or only the second."""
    streak = Streak("daily", on="e", timezone="event", when="ok")
    game = make_engine(Catalog(streaks=[streak]))
    at = clock.now().replace(hour=1).astimezone(timezone(timedelta(hours=-5)))
    sent = game.events.emit("ada", "e", {"ok": recorded}, at=at)
    game.events.amend(sent.event_id, {"ok": True})
    follows = game.events.emit(
        "ada", "e", {"ok": True}, at=at + timedelta(hours=5)
    )  # already the next day there
    assert follows.streaks[0].count == 2


def test_an_amendment_can_be_amended_and_taken_back(make_engine: MakeEngine) -> None:
    """The event in its place is an event like any other; the first one is not to be amended again."""
    game = make_engine(CATALOG)
    sent = game.events.emit("ada", "e", {"score": 60}, idempotency_key="k")
    second = game.events.amend(key="k", properties={"score": 70})
    with pytest.raises(BadValue, match=f"{sent.event_id} was taken back"):
        game.events.amend(sent.event_id, {"score": 80})
    third = game.events.amend(second.event_id, {"score": 80})
    assert game.events.retract(third.event_id).points == -80
    assert game.events.retract(second.event_id).already_retracted
    assert game.points.balance("ada").total_earned == 0
    assert len(game.leaderboards.top("best")) == 0


def test_badges_are_judged_by_what_stands(make_engine: MakeEngine) -> None:
    """One whose criteria both versions meet is not touched; one that only the first met goes."""
    badges = [
        Badge("ten", criteria="best >= 10", points=1, permanent=False),
        Badge("fifty", criteria="best >= 50", points=2, permanent=False),
        Badge("for_ever", criteria="best >= 50", points=4),
    ]
    game = make_engine(Catalog(metrics=CATALOG.metrics, badges=badges))
    sent = game.events.emit("ada", "e", {"score": 60})
    answer = game.events.amend(sent.event_id, {"score": 20})
    assert [one.tag for one in answer.effects if one.tag != "skipped"] == ["badge_revoked", "points_reversed"]
    assert [one.message for one in answer.stayed] == ["for_ever is permanent"]
    assert game.points.balance("ada").balance == 5


def test_properties_are_held_against_the_declaration(make_engine: MakeEngine) -> None:
    """An amendment that an event could not have is refused, and the event stands."""
    game = make_engine(
        Catalog(events=[Event("e", score="integer")], rules=[Rule("r", on="e", award="score")])
    )
    sent = game.events.emit("ada", "e", {"score": 60})
    digest = game.history.state_digest()
    with pytest.raises(BadValue, match=r"properties.score of e must be integer"):
        game.events.amend(sent.event_id, {"score": "many"})
    with pytest.raises(NotFound, match="Event not found: evt_99"):
        game.events.amend("evt_99", {"score": 1})
    assert game.history.state_digest() == digest


def test_a_key_answers_again(make_engine: MakeEngine) -> None:
    """Under the same key the first answer comes again, though the event is gone by now."""
    game = make_engine(CATALOG)
    sent = game.events.emit("ada", "e", {"score": 60})
    first = game.events.amend(sent.event_id, {"score": 70}, idempotency_key="k")
    again = game.events.amend(sent.event_id, {"score": 70}, idempotency_key="k")
    assert (again.replayed, again.event_id, again) == (True, first.event_id, first)
    assert game.points.balance("ada").balance == 70


def test_bounds_follow_an_amendment(make_engine: MakeEngine) -> None:
    """A firing that shows nowhere is given back with the amended event as with any other."""
    rule = Rule("quiet", on="e", streak="daily", when="ok", cap=Cap(times=1, per="daily"))
    after = Rule("told", on="e", award=1)
    game = make_engine(Catalog(streaks=[Streak("daily")], rules=[after, rule]))
    game.events.emit("ada", "e", {"ok": False})
    sent = game.events.emit("ada", "e", {"ok": True})
    amended = game.events.amend(sent.event_id, {"ok": True})
    assert game.events.emit("ada", "e", {"ok": True}).skipped
    game.streaks.record("ada", "daily")
    game.events.retract(amended.event_id)
    assert not game.events.emit("ada", "e", {"ok": True}).skipped


def test_a_day_begins_with_what_is_left(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A board that looks back to the morning finds what is left of it there, and what an amendment gave as of today."""
    badge = Badge("fifty", criteria="best >= 50", points=5, permanent=False)
    game = make_engine(
        Catalog(
            metrics=CATALOG.metrics, rules=CATALOG.rules, badges=[badge], leaderboards=CATALOG.leaderboards
        )
    )
    sent = game.events.emit("ada", "e", {"score": 60})
    game.points.award("ada", 1)
    game.points.award("bob", 40)
    clock.advance(days=1)
    game.events.amend(sent.event_id, {"score": 45})
    first = next(iter(game.leaderboards.top("points", period="all_time")))
    assert (first.participant_id, first.score) == ("ada", 46)
    assert first.change == "up"


def test_points_are_not_paid_twice(make_engine: MakeEngine) -> None:
    """However often an event is amended, and whatever is spent between, it gives what it gives once."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=100, cap=Cap(points=100, per="daily"))]))
    sent = game.events.emit("ada", "e", {"n": 0})
    game.points.deduct("ada", 100)
    for n in range(1, 4):
        sent = game.events.amend(sent.event_id, {"n": n})
        assert (sent.points, sent.stayed) == (0, ())
        balance = game.points.balance("ada")
        assert (balance.balance, balance.total_earned, balance.total_spent) == (0, 100, 100)


def test_what_is_promised_covers_no_debt(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What an amended event gives later is not there to pay for what it does not give any more."""
    game = make_engine(
        Catalog(
            currencies=[Currency("gems", matures="1d")],
            metrics=[Metric("good", on="e", when="n >= 60")],
            rules=[Rule("low", on="e", when="n < 60", award={"gems": 10})],
            badges=[Badge("b", criteria="good >= 1", points={"gems": 5}, permanent=False)],
        )
    )
    sent = game.events.emit("ada", "e", {"n": 97})
    clock.advance(days=2)
    game.points.deduct("ada", 5, currency="gems")
    with pytest.raises(InsufficientPoints, match="Available: 0, requested: 5"):
        game.events.amend(sent.event_id, {"n": 10})
    amended = game.events.amend(sent.event_id, {"n": 10}, on_insufficient="allow_negative")
    assert [type(each).__name__ for each in amended.effects] == [
        "PointsPending",
        "BadgeRevoked",
        "PointsReversed",
    ]
    assert game.points.balance("ada", currency="gems").balance == 5  # -5, and 10 that count since a day ago


def test_what_is_owed_is_refused_or_let(make_engine: MakeEngine) -> None:
    """Where less is left than was spent, the numbers say so and nothing is written, unless it may be owed."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award="n")]))
    sent = game.events.emit("ada", "e", {"n": 100})
    game.points.deduct("ada", 90)
    digest = game.history.state_digest()
    with pytest.raises(InsufficientPoints, match="Available: 10, requested: 60"):
        game.events.amend(sent.event_id, {"n": 40})
    with pytest.raises(
        BadValue, match="on_insufficient must be one of reject, allow_negative, not 'partial'"
    ):
        game.events.amend(sent.event_id, {"n": 40}, on_insufficient="partial")  # type: ignore[arg-type]
    assert game.history.state_digest() == digest
    assert game.events.amend(sent.event_id, {"n": 90}).points == -10
    owing = game.events.amend(game.events.list("ada")[0].id, {"n": 40}, on_insufficient="allow_negative")
    assert (owing.points, game.points.balance("ada").balance) == (-50, -50)
    again = game.events.amend(owing.event_id, {"n": 40})
    assert again.points == 0, "who owes already may still be put right"
    with pytest.raises(InsufficientPoints, match="Available: -50, requested: 1"):
        game.events.amend(again.event_id, {"n": 39})


def test_what_was_paid_is_paid_again(make_engine: MakeEngine) -> None:
    """A rule that took points before others gave some takes them again, though they are spent by now."""
    rules = [Rule("fee", on="e", deduct=30), Rule("gain", on="e", award=100)]
    game = make_engine(Catalog(rules=rules))
    game.points.award("ada", 30)
    sent = game.events.emit("ada", "e")
    game.points.deduct("ada", 100)
    answer = game.events.amend(sent.event_id, {"n": 1})
    assert (answer.points, answer.skipped, game.points.balance("ada").total_spent) == (0, (), 130)


def test_copies_keep_their_numbers(make_engine: MakeEngine) -> None:
    """A copy that the event mints again is the one it had minted; one that it does not is burnt."""
    catalog = Catalog(
        badges=[Badge("card", max_supply=1)], rules=[Rule("r", on="e", mint="card", when="score >= 50")]
    )
    game = make_engine(catalog)
    sent = game.events.emit("ada", "e", {"score": 60})
    (copy,) = game.assets.list("ada")
    for score in (61, 62):
        sent = game.events.amend(sent.event_id, {"score": score})
        assert (sent.effects, sent.skipped) == ((), ())
    assert [asset.asset_id for asset in game.assets.list("ada")] == [copy.asset_id]
    burnt = game.events.amend(sent.event_id, {"score": 1})
    assert [one.tag for one in burnt.effects] == ["asset_burned"]
    assert not game.assets.list("ada")


def test_a_copy_of_an_amendment_goes_with_it(make_engine: MakeEngine) -> None:
    """An event that was amended twice is still known to have minted its copy."""
    rules = [Rule("one", on="e", mint="card"), Rule("two", on="e", mint="card")]
    game = make_engine(Catalog(badges=[Badge("card")], rules=rules))
    sent = game.events.emit("ada", "e")
    for n in range(2):
        sent = game.events.amend(sent.event_id, {"n": n})
    assert [asset.edition for asset in game.assets.list("ada")] == [2, 1]
    gone = game.events.retract(sent.event_id)
    assert sorted(one.edition for one in gone.effects if one.tag == "asset_burned") == [1, 2]  # type: ignore[attr-defined]


def test_a_copy_that_moved_on_is_not_minted_anew(make_engine: MakeEngine) -> None:
    """What the event gave stays with whoever has it, also where it gives no more, and what was burnt stays burnt."""
    game = make_engine(Catalog(badges=[Badge("card")], rules=[Rule("r", on="e", mint="card", when="ok")]))
    sold, burnt = (game.events.emit("ada", "e", {"ok": True}) for _ in range(2))
    copies = [one.effects[0].asset_id for one in (sold, burnt)]  # type: ignore[attr-defined]
    game.assets.transfer(copies[0], "ada", "bob")
    game.assets.burn(copies[1], "ada")
    for one in (sold, burnt):
        again = game.events.amend(one.event_id, {"ok": True})
        assert (again.effects, len(game.assets.list("ada")), len(game.assets.list("bob"))) == ((), 0, 1)
        last = game.events.amend(again.event_id, {"ok": False})
        assert [one.code for one in last.stayed] == (["moved_on"] if one is sold else [])
    assert [asset.edition for asset in game.assets.list("bob")] == [1]


def test_limited_badges_keep_their_copies(make_engine: MakeEngine) -> None:
    """A badge of which there is one, given by a rule, is still held after an amendment, with that one; and can go."""
    badge = Badge("only", max_supply=1, permanent=False, points=5)
    game = make_engine(Catalog(badges=[badge], rules=[Rule("r", on="e", badge="only", when="ok")]))
    sent = game.events.emit("ada", "e", {"ok": True})
    game.points.deduct("ada", 5)
    for _ in range(2):
        sent = game.events.amend(sent.event_id, {"ok": True})
        assert not sent.skipped
        assert [asset.edition for asset in game.assets.list("ada")] == [1]
        assert game.points.balance("ada").balance == 0
        assert [(state.earned, state.times) for state in game.badges.list("ada")] == [(True, 1)]
    game.events.retract(sent.event_id)
    assert not game.assets.list("ada")
    assert not game.badges.list("ada", earned_only=True)


def test_a_badge_lost_on_the_way_gives_its_copy_back(make_engine: MakeEngine) -> None:
    """One by criteria goes when what stands in the end does not meet them, and so does its copy."""
    badge = Badge("low", criteria="best >= 50", max_supply=2, permanent=False)
    game = make_engine(Catalog(metrics=CATALOG.metrics, badges=[badge]))
    sent = game.events.emit("ada", "e", {"score": 60})
    same = game.events.amend(sent.event_id, {"score": 70})
    assert (same.effects, [asset.edition for asset in game.assets.list("ada")]) == ((), [1])
    gone = game.events.amend(same.event_id, {"score": 20})
    assert [one.tag for one in gone.effects] == ["badge_revoked", "asset_burned"]


def test_earnings_that_stay_are_not_earned_again(make_engine: MakeEngine) -> None:
    """A repeatable badge that is permanent is earned once by one event, and gives its points once."""
    badge = Badge("often", repeatable=True, points=5, max_supply=3)
    game = make_engine(Catalog(badges=[badge], rules=[Rule("r", on="e", badge="often")]))
    sent = game.events.emit("ada", "e")
    for n in range(2):
        sent = game.events.amend(sent.event_id, {"n": n})
        assert [state.times for state in game.badges.list("ada")] == [1]
        assert (sent.points, len(game.assets.list("ada"))) == (0, 1)


def test_the_key_of_the_first_sending_finds_what_stands_in_its_place(make_engine: MakeEngine) -> None:
    """Who knows only the key amends again and takes back the event that stands now, however often it was amended."""
    game = make_engine(Catalog(rules=[Rule("r", on="buy", award="n")]))
    game.events.emit("ada", "buy", {"n": 1}, idempotency_key="k")
    for n in (2, 3):
        game.events.amend(key="k", properties={"n": n})
        assert game.points.balance("ada").balance == n
    assert not game.events.retract(key="k").already_retracted
    assert game.points.balance("ada").balance == 0
    assert game.events.retract(key="k").already_retracted
