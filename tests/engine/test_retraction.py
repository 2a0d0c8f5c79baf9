"""Taking an event back with all that it caused, and what is said of that which stays."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gamify_core import (
    Badge,
    BadValue,
    Cap,
    Catalog,
    Challenge,
    Emit,
    InsufficientPoints,
    Ladder,
    Leaderboard,
    ManualClock,
    Metric,
    NotFound,
    Reward,
    Rule,
    Streak,
)
from gamify_core.effects import AssetBurned, BadgeRevoked, PointsReversed, StreakCorrected, TierChanged

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core import Engine
    from gamify_core.catalog.definitions import Period
    from gamify_core.storage.protocol import Store

    from .conftest import MakeEngine


def scores(game: Engine, board: str, period: Period | None = None) -> dict[str, int]:
    """Return the scores on a board."""
    return {row.participant_id: int(row.score) for row in game.leaderboards.top(board, period=period)}


def messages(answer: object) -> list[tuple[str, str]]:
    """Return the codes and the sentences of what stayed."""
    return [(one.code, one.message) for one in answer.stayed]  # type: ignore[attr-defined]


def test_what_a_rule_moved_moves_back(make_engine: MakeEngine) -> None:
    """Awards are lowered, deductions returned, newest first, and nothing was earned or spent."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=30, deduct=10)]))
    sent = game.events.emit("ada", "e")
    answer = game.events.retract(sent.event_id, reason="a refund")
    moves = [effect for effect in answer.effects if isinstance(effect, PointsReversed)]
    assert [(move.amount, move.balance, move.cause) for move in moves] == [
        (10, 30, f"retract:{sent.event_id}"),
        (-30, 0, f"retract:{sent.event_id}"),
    ]
    assert (answer.event_id, answer.already_retracted, answer.points, answer.stayed) == (
        sent.event_id,
        False,
        -20,
        (),
    )
    balance = game.points.balance("ada")
    assert (balance.balance, balance.total_earned, balance.total_spent) == (0, 0, 0)
    assert str(answer).splitlines()[0] == f"ada · {sent.event_id} taken back"


def test_an_event_goes_by_id_fact_or_key(make_engine: MakeEngine) -> None:
    """The id of the event, that of its fact, and the key it was sent with, all name it."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=1)]))
    first, second, third = (game.events.emit("ada", "e", idempotency_key=key) for key in "abc")
    assert game.events.retract(first.event_id).event_id == first.event_id
    assert game.events.retract(second.fact_id).event_id == second.event_id
    assert game.events.retract(key="c").event_id == third.event_id
    assert game.points.balance("ada").balance == 0


def test_a_second_time_nothing_is_done(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Taking back what was taken back writes nothing and says so, whatever name is used."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=1)]))
    sent = game.events.emit("ada", "e", idempotency_key="k")
    first = game.events.retract(sent.event_id)
    digest, rows = game.history.state_digest(), len(game.history.activity())
    clock.advance(days=1)
    again = game.events.retract(key="k")
    assert (again.already_retracted, again.effects, again.activity_id) == (True, (), first.activity_id)
    assert again.to_dict() == {
        "event_id": sent.event_id,
        "participant_id": "ada",
        "already_retracted": True,
        "recorded_at": again.to_dict()["recorded_at"],
        "effects": [],
        "stayed": [],
    }
    assert (game.history.state_digest(), len(game.history.activity())) == (digest, rows)
    assert "already" in str(again)


@pytest.mark.parametrize(
    "name", ["", "evt_0", "evt_3", "evt_2_1", "evt_1", "txn_2", "fact_x", "evt_99", "fact_"]
)
def test_what_is_no_event_is_not_found(make_engine: MakeEngine, name: str) -> None:
    """An id that no event has, that of another command included, is refused with the id."""
    game = make_engine()
    game.events.emit("ada", "e")
    game.points.award("ada", 1)
    with pytest.raises(NotFound, match="Event not found: "):
        game.events.retract(name)


def test_what_names_no_event_is_refused(make_engine: MakeEngine) -> None:
    """An unknown key, none or both of the names, and a policy that there is not, change nothing."""
    game = make_engine()
    sent = game.events.emit("ada", "e", idempotency_key="k")
    digest = game.history.state_digest()
    with pytest.raises(NotFound, match="Event not found: key other"):
        game.events.retract(key="other")
    with pytest.raises(BadValue, match="key="):
        game.events.retract()
    with pytest.raises(BadValue, match="key="):
        game.events.retract(sent.event_id, key="k")
    with pytest.raises(BadValue, match="on_insufficient must be one of"):
        game.events.retract(sent.event_id, on_insufficient="never")  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        game.scope("guild").events.retract(sent.event_id)
    with pytest.raises(BadValue, match="event must be a string"):
        game.events.retract(17)  # type: ignore[arg-type]
    assert game.history.state_digest() == digest


def test_one_event_among_many_is_found(make_engine: MakeEngine) -> None:
    """Whichever event of a long history is named, it is that one that goes, and it stays in the list."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award="n")]))
    sent = [game.events.emit("ada", "e", {"n": n}) for n in range(1, 10)]
    for place in (0, 8, 4, 5):
        assert game.events.retract(sent[place].event_id).points == -(place + 1)
    shown = game.events.list("ada", page_size=100)
    assert [event.properties["n"] for event in shown if event.retracted] == [9, 6, 5, 1]
    assert set(shown[0].to_dict()) == {"id", "event_name", "properties", "occurred_at"}
    assert shown.total == 9


def test_an_event_of_a_batch_goes_alone(make_engine: MakeEngine) -> None:
    """The items of a batch are events of their own."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=1)]))
    batch = game.events.emit_batch(
        [Emit("ada", "e", idempotency_key="x"), Emit("bob", "e"), Emit("ada", "e")]
    )
    assert batch.failed == 0
    assert game.events.retract(key="x").participant_id == "ada"
    assert (game.points.balance("ada").balance, game.points.balance("bob").balance) == (1, 1)


def test_counts_fall_in_their_windows(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Counters of every kind are what they would be without the event, in the week in which it was."""
    metrics = [
        Metric("times", on="e"),
        Metric("total", on="e", sum="v"),
        Metric("best", on="e", max="v"),
        Metric("least", on="e", min="v"),
        Metric("kinds", on="e", distinct="v"),
    ]
    boards = [
        Leaderboard(metric.code, metric=metric.code, periods=["weekly", "all_time"], period="weekly")
        for metric in metrics
    ]
    boards.append(Leaderboard("sent", metric="events.count"))
    game = make_engine(Catalog(metrics=metrics, leaderboards=boards))
    sent = [game.events.emit("ada", "e", {"v": v}) for v in (3, 9, 1, 3)]
    clock.advance(days=7)
    game.events.emit("ada", "e", {"v": 5})
    for one in sent[1:3]:
        game.events.retract(one.event_id)
    names = [metric.code for metric in metrics]
    assert [scores(game, name)["ada"] for name in names] == [1, 5, 5, 5, 1]
    assert [scores(game, name, "all_time")["ada"] for name in names] == [3, 11, 5, 3, 2]
    assert scores(game, "sent") == {"ada": 3}
    assert game.participants.get("ada").total_events == 3
    for one in (sent[0], sent[3]):
        game.events.retract(one.event_id)
    clock.advance(days=-7)
    assert [scores(game, name) for name in names] == [{}] * 5


def test_a_first_sighting_moves_on(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A value that a later event has shown too counts still, from that event on."""
    game = make_engine(
        Catalog(
            metrics=[Metric("kinds", on="e", distinct="v")], leaderboards=[Leaderboard("b", metric="kinds")]
        )
    )
    first = game.events.emit("zoe", "e", {"v": 1})
    clock.advance(hours=1)
    game.events.emit("ada", "e", {"v": 1})
    clock.advance(hours=1)
    game.events.emit("zoe", "e", {"v": 1})
    assert [row.participant_id for row in game.leaderboards.top("b")] == ["zoe", "ada"]
    game.events.retract(first.event_id)
    assert [row.participant_id for row in game.leaderboards.top("b")] == ["ada", "zoe"]


def test_points_that_are_spent_stay(make_engine: MakeEngine) -> None:
    """By default what is there is taken, and what is missing is told with the numbers."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=50)]))
    sent = game.events.emit("ada", "e")
    game.points.deduct("ada", 20)
    answer = game.events.retract(sent.event_id)
    assert messages(answer) == [("spent", "20 of 50 were spent already")]
    assert (game.points.balance("ada").balance, game.points.balance("ada").total_earned) == (0, 20)
    assert answer.to_dict()["stayed"] != []
    assert [effect["type"] for effect in answer.to_dict()["effects"]] == ["points_reversed"]  # type: ignore[attr-defined]


def test_spent_points_may_be_owed_or_refused(make_engine: MakeEngine) -> None:
    """`allow_negative` takes all of them, `reject` takes nothing and leaves the event as it is."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=50)]))
    sent = game.events.emit("ada", "e")
    game.points.deduct("ada", 20)
    digest = game.history.state_digest()
    with pytest.raises(InsufficientPoints, match="Available: 30, requested: 50"):
        game.events.retract(sent.event_id, on_insufficient="reject")
    assert game.history.state_digest() == digest
    game.events.retract(sent.event_id, on_insufficient="allow_negative")
    assert game.points.balance("ada").balance == -20


def test_what_was_reversed_by_hand_is_not_taken_twice(make_engine: MakeEngine) -> None:
    """A movement that was reversed in part gives back only what is left of it."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=50)]))
    sent = game.events.emit("ada", "e")
    game.points.award("ada", 100)
    game.points.reverse(sent.effects[0].id, amount=20)
    answer = game.events.retract(sent.event_id)
    assert (answer.points, answer.stayed, game.points.balance("ada").balance) == (-30, (), 100)


def test_badges_go_by_their_own_policy(make_engine: MakeEngine) -> None:
    """Permanent ones stay with what they gave; others go with their points and their copies."""
    badges = [
        Badge("lasting", criteria="times >= 1", points=5),
        Badge("passing", criteria="times >= 1", points=7, max_supply=3, permanent=False),
        Badge("given", points=9, permanent=False),
        Badge("kept", points=1),
    ]
    catalog = Catalog(
        metrics=[Metric("times", on="e")],
        badges=badges,
        rules=[Rule("r", on="e", badge=["given", "kept"])],
        leaderboards=[Leaderboard("b", metric="badges.count")],
    )
    game = make_engine(catalog)
    sent = game.events.emit("ada", "e")
    assert game.points.balance("ada").balance == 22
    answer = game.events.retract(sent.event_id)
    assert {one.code for one in answer.effects if isinstance(one, BadgeRevoked)} == {"passing", "given"}
    assert [one.badge for one in answer.effects if isinstance(one, AssetBurned)] == ["passing"]
    assert sorted(messages(answer)) == [
        ("permanent", "kept is permanent"),
        ("permanent", "lasting is permanent"),
    ]
    assert game.points.balance("ada").balance == 6
    assert scores(game, "b") == {"ada": 2}
    assert [state.code for state in game.badges.list("ada", earned_only=True)] == ["lasting", "kept"]


def test_a_badge_stays_while_its_criteria_are_met(make_engine: MakeEngine) -> None:
    """The event that earned it may go as long as others are enough; with the last of them it goes too."""
    badge = Badge("passing", criteria="times >= 1", points=7, permanent=False)
    game = make_engine(Catalog(metrics=[Metric("times", on="e")], badges=[badge]))
    first, second = (game.events.emit("ada", "e") for _ in range(2))
    assert game.events.retract(first.event_id).effects == ()
    assert any(isinstance(one, BadgeRevoked) for one in game.events.retract(second.event_id).effects)
    assert game.points.balance("ada").balance == 0


def test_each_earning_of_a_repeatable_badge_goes_with_its_event(make_engine: MakeEngine) -> None:
    """One of several earnings is taken back with its points, and the badge is held until the last is."""
    catalog = Catalog(
        badges=[Badge("often", points=5, repeatable=True, permanent=False)],
        rules=[Rule("r", on="e", badge="often")],
        leaderboards=[Leaderboard("b", metric="badges.count")],
    )
    game = make_engine(catalog)
    sent = [game.events.emit("ada", "e") for _ in range(3)]
    for left, place in ((2, 2), (1, 0), (0, 1)):
        game.events.retract(sent[place].event_id)
        (state,) = game.badges.list("ada")
        assert (state.times, state.earned) == (left, left > 0)
        assert game.points.balance("ada").balance == 5 * left
        assert scores(game, "b") == ({"ada": 1} if left else {})


def test_what_was_revoked_by_hand_stays_revoked(make_engine: MakeEngine) -> None:
    """A badge that was taken back since, and one that has left the catalog, are not taken back again."""
    catalog = Catalog(
        badges=[Badge("given", points=9, permanent=False)], rules=[Rule("r", on="e", badge="given")]
    )
    game = make_engine(catalog)
    sent = game.events.emit("ada", "e")
    game.badges.revoke("ada", "given")
    assert game.events.retract(sent.event_id).effects == ()
    assert game.points.balance("ada").balance == 9


def test_what_is_out_of_the_catalog_stays(make_engine: MakeEngine, make_store: Callable[[], Store]) -> None:
    """A badge without a definition has no policy and stays; the points of a rule that is gone are taken back."""
    store = make_store()
    catalog = Catalog(
        badges=[Badge("given", permanent=False)],
        rules=[Rule("r", on="e", badge="given", award=3, cooldown="1h")],
    )
    sent = make_engine(catalog, store=store).events.emit("ada", "e")
    later = make_engine(Catalog(), store=store)
    answer = later.events.retract(sent.event_id)
    assert messages(answer) == [("permanent", "given is permanent")]
    assert later.points.balance("ada").balance == 0
    assert make_engine(catalog, store=store).events.emit("ada", "e").points == 3, "its cooldown went with it"


def test_criteria_that_are_gone_keep_nothing(
    make_engine: MakeEngine, make_store: Callable[[], Store]
) -> None:
    """A badge that criteria gave, and that has none any more, goes with the event that met them."""
    store = make_store()
    metrics = [Metric("times", on="e")]
    before = Catalog(metrics=metrics, badges=[Badge("b", criteria="times >= 1", permanent=False)])
    sent = make_engine(before, store=store).events.emit("ada", "e")
    later = make_engine(Catalog(metrics=metrics, badges=[Badge("b", permanent=False)]), store=store)
    assert [type(one) for one in later.events.retract(sent.event_id).effects] == [BadgeRevoked]


def test_copies_go_unless_they_moved_on(make_engine: MakeEngine) -> None:
    """What a rule minted is burnt, or stays with whoever owns it by now; what was burnt needs no burning."""
    game = make_engine(Catalog(badges=[Badge("card")], rules=[Rule("r", on="e", mint="card")]))
    kept, sold, burnt = (game.events.emit("ada", "e") for _ in range(3))
    copies = [event.effects[0].asset_id for event in (kept, sold, burnt)]  # type: ignore[attr-defined]
    game.assets.transfer(copies[1], "ada", "bob")
    game.assets.burn(copies[2], "ada")
    answer = game.events.retract(kept.event_id)
    assert [one.edition for one in answer.effects if isinstance(one, AssetBurned)] == [1]
    assert messages(game.events.retract(sold.event_id)) == [
        ("moved_on", "card #2 belongs to somebody else by now")
    ]
    assert game.events.retract(burnt.event_id).effects == ()
    assert [asset.edition for asset in game.assets.list("bob")] == [2]


def test_rewards_of_rules_are_cancelled(make_engine: MakeEngine) -> None:
    """Stock and share come back; a claim that was cancelled by hand is left as it is."""
    catalog = Catalog(
        rewards=[Reward("mug", total_inventory=1, max_claims_per_user=1)],
        rules=[Rule("r", on="e", reward="mug")],
    )
    game = make_engine(catalog)
    sent = game.events.emit("ada", "e")
    game.events.retract(sent.event_id)
    assert [claim.status for claim in game.rewards.claims("ada")] == ["cancelled"]
    again = game.events.emit("ada", "e")
    (claim, _) = game.rewards.claims("ada")
    game.rewards.cancel(claim.claim_id)
    game.events.retract(again.event_id)
    assert game.rewards.claim("mug", "bob").participant_id == "bob"


def test_completed_challenges_stay(make_engine: MakeEngine) -> None:
    """A completion stays with all it gave; the steps by which the event advanced it do not."""
    catalog = Catalog(
        challenges=[
            Challenge("quest", goals="challenge.quest >= 2", points=20, badge="b"),
            Challenge("long", goals="challenge.long >= 4", points=20),
        ],
        badges=[Badge("b", permanent=False)],
        rules=[Rule("r", on="e", advance=["quest", "long"])],
    )
    game = make_engine(catalog)
    first, second = (game.events.emit("ada", "e") for _ in range(2))
    assert messages(game.events.retract(second.event_id)) == [
        ("permanent", "b is permanent"),
        ("permanent", "quest is permanent"),
    ]
    assert game.points.balance("ada").balance == 20
    game.events.retract(first.event_id)
    assert [progress.goals[0].value for progress in game.challenges.progress("ada")] == [0, 0]
    assert [game.events.emit("ada", "e").points for _ in range(4)] == [0, 0, 0, 20]


def test_bounds_are_given_back(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A cap has room again in the day of the event, a cooldown is over, and a quiet firing counts too."""
    catalog = Catalog(
        streaks=[Streak("daily")],
        rules=[
            Rule("points", on="e", award=60, cap=Cap(points=100, per="daily")),
            Rule("times", on="e", award=1, cap=Cap(times=2, per="daily")),
            Rule("cool", on="e", award=1000, cooldown="1h"),
            Rule("quiet", on="e", streak="daily", cap=Cap(times=2, per="daily")),
        ],
    )
    game = make_engine(catalog)
    first = game.events.emit("ada", "e")
    second = game.events.emit("ada", "e")
    assert (first.points, second.points, game.events.emit("ada", "e").points) == (1061, 41, 0)
    game.events.retract(second.event_id)
    third = game.events.emit("ada", "e")
    assert (third.points, [one.cause for one in third.skipped]) == (41, ["rule:points", "rule:cool"])
    game.events.retract(first.event_id)
    assert game.events.emit("ada", "e").points == 1061
    clock.advance(days=1)
    game.events.retract(third.event_id)
    assert game.events.emit("ada", "e").points == 1061, "what goes is given back to the day it was in"


def test_firings_that_another_event_made_stay(make_engine: MakeEngine) -> None:
    """An event within a cooldown did not fire, and its going does not end the cooldown."""
    game = make_engine(
        Catalog(rules=[Rule("cool", on="e", award=1, cooldown="1h", cap=Cap(times=9, per="daily"))])
    )
    game.events.emit("ada", "e")
    within = game.events.emit("ada", "e")
    assert game.events.retract(within.event_id).effects == ()
    assert game.events.emit("ada", "e").points == 0


def test_a_streak_is_folded_again(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A day out of the middle breaks the run in two; the metrics and what they reached follow."""
    catalog = Catalog(
        streaks=[Streak("daily", on="e")],
        badges=[Badge("three", criteria="streak.daily >= 3", permanent=False)],
        ladders=[Ladder("l", tiers={"a": 0, "b": 3}, metric="streak.daily.longest", demotion="immediate")],
        leaderboards=[Leaderboard("b", metric="streak.daily.longest")],
    )
    game = make_engine(catalog)
    sent = []
    for _ in range(3):
        sent.append(game.events.emit("ada", "e"))
        clock.advance(days=1)
    answer = game.events.retract(sent[1].event_id)
    (corrected,) = answer.corrections
    assert (corrected.count, corrected.longest, corrected.previous_count, corrected.previous_longest) == (
        1,
        1,
        3,
        3,
    )
    assert [type(one) for one in answer.effects] == [StreakCorrected, TierChanged, BadgeRevoked]
    assert scores(game, "b") == {"ada": 1}
    state = game.streaks.get("ada", "daily")
    assert (state.current_count, state.longest_count) == (1, 1)
    for one in (sent[0], sent[2]):
        game.events.retract(one.event_id)
    assert game.streaks.get("ada", "daily").last_recorded_at is None
    assert scores(game, "b") == {}


def test_a_late_activity_that_goes_leaves_the_gap(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What a late event healed is broken again without it."""
    game = make_engine(Catalog(streaks=[Streak("daily", on="e")]))
    game.events.emit("ada", "e")
    clock.advance(days=2)
    game.events.emit("ada", "e")
    late = game.events.emit("ada", "e", at=clock.now() - timedelta(days=1))
    assert game.streaks.get("ada", "daily").current_count == 3
    game.events.retract(late.event_id)
    state = game.streaks.get("ada", "daily")
    assert (state.current_count, state.longest_count) == (1, 1)


def test_a_surplus_activity_changes_no_run(make_engine: MakeEngine) -> None:
    """The second activity of a day may go without a word."""
    game = make_engine(Catalog(streaks=[Streak("daily", on="e")]))
    first = game.events.emit("ada", "e")
    game.events.emit("ada", "e")
    assert game.events.retract(first.event_id).effects == ()
    assert game.streaks.get("ada", "daily").current_count == 1


def test_tiers_follow_their_policy(make_engine: MakeEngine) -> None:
    """One ladder is climbed down, the other kept, which is told."""
    ladders = [
        Ladder("down", tiers={"a": 0, "b": 10}, demotion="immediate"),
        Ladder("kept", tiers={"a": 0, "b": 10}),
    ]
    game = make_engine(Catalog(ladders=ladders, rules=[Rule("r", on="e", award=50)]))
    sent = game.events.emit("ada", "e")
    answer = game.events.retract(sent.event_id)
    assert [one.ladder for one in answer.effects if isinstance(one, TierChanged)] == ["down"]
    assert messages(answer) == [("kept", "b: the ladder kept takes no rung away")]


def test_thresholds_on_the_number_of_events(make_engine: MakeEngine) -> None:
    """What is earned by sending events counts those that stand."""
    badge = Badge("two", criteria="events.count >= 2", permanent=False)
    game = make_engine(Catalog(badges=[badge]))
    first = game.events.emit("ada", "e")
    assert not game.events.retract(first.event_id).effects
    assert not game.events.emit("ada", "e").badges
    second = game.events.emit("ada", "e")
    assert second.badges
    assert game.events.retract(second.event_id).effects
    assert game.events.emit("ada", "e").badges


def test_a_rebuild_leaves_out_what_was_taken_back(
    make_engine: MakeEngine, make_store: Callable[[], Store], clock: ManualClock
) -> None:
    """A board that a later catalog asks for shows what is left: points, badges, events."""
    store = make_store()
    parts = {
        "metrics": [Metric("times", on="e")],
        "rules": [Rule("r", on="e", award=10)],
        "badges": [Badge("b", criteria="times >= 1", points=3, permanent=False)],
    }
    game = make_engine(Catalog(**parts), store=store)  # type: ignore[arg-type]
    gone = [game.events.emit(who, "e") for who in ("ada", "bob")]
    clock.advance(hours=1)
    game.events.emit("ada", "e")
    for one in gone:
        game.events.retract(one.event_id)
    names = ["points.earned", "points.spent", "badges.count", "events.count", "times"]
    boards = [Leaderboard(f"b{place}", metric=name) for place, name in enumerate(names)]
    later = make_engine(Catalog(**parts, leaderboards=boards), store=store)  # type: ignore[arg-type]
    later.points.award("cyd", 1)
    assert [scores(later, board.code).get("ada") for board in boards] == [13, None, 1, 1, 1]
    assert all("bob" not in scores(later, board.code) for board in boards)


def test_inside_a_transaction(make_engine: MakeEngine) -> None:
    """In a handle an event of this very handle may be taken back, and a dry run keeps nothing of it."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=10)], leaderboards=[Leaderboard("b")]))
    with game.transaction() as tx:
        sent = tx.events.emit("ada", "e")
        tx.events.emit("ada", "e")
        assert tx.events.retract(sent.event_id).points == -10
    assert scores(game, "b") == {"ada": 10}
    digest = game.history.state_digest()
    with game.dry_run() as trial:
        left = trial.events.list("ada")[0]
        trial.events.retract(left.id)
        assert scores(trial, "b") == {}  # type: ignore[arg-type]
    assert game.history.state_digest() == digest


def test_a_longest_run_may_count_elsewhere(make_engine: MakeEngine, clock: ManualClock) -> None:
    """When the week of the longest run is none any more, the week in which it is reached now has it on its board."""
    board = Leaderboard("b", metric="streak.daily.longest", period="weekly", ties="dense")
    game = make_engine(Catalog(streaks=[Streak("daily", on="e")], leaderboards=[board]))
    first = game.events.emit("ada", "e")
    clock.advance(days=7)
    game.events.emit("ada", "e")
    assert scores(game, "b") == {}
    game.events.retract(first.event_id)
    assert scores(game, "b") == {"ada": 1}
    clock.advance(days=-7)
    assert scores(game, "b") == {}


def test_an_extreme_may_take_a_badge_along(make_engine: MakeEngine) -> None:
    """A least value that falls below the threshold takes the badge, and the points it gave, back."""
    badges = [
        Badge("base", criteria="times >= 1", points=10, permanent=False),
        Badge("low", criteria="least >= 1", points=5, permanent=False),
    ]
    metrics = [Metric("times", on="e"), Metric("least", on="e", min="v")]
    game = make_engine(Catalog(metrics=metrics, badges=badges))
    sent = game.events.emit("ada", "e", {"v": 3})
    assert game.points.balance("ada").balance == 15
    assert any(isinstance(one, BadgeRevoked) for one in game.events.emit("ada", "e", {"v": 0}).effects)
    assert game.points.balance("ada").balance == 10
    game.events.retract(sent.event_id)
    assert game.points.balance("ada").balance == 10
