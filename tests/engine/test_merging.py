"""Merging: two accounts turn out to be one person's, who has done what both did."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gamify_core import (
    AssetTransferred,
    Badge,
    BadgeMerged,
    BadValue,
    Cap,
    Catalog,
    Challenge,
    Currency,
    Engine,
    HistoryMerged,
    InsufficientPoints,
    Ladder,
    Leaderboard,
    ManualClock,
    MaxClaims,
    Metric,
    NotFound,
    NotMergeable,
    PointsMerged,
    Reward,
    Rule,
    Streak,
    WalletClosed,
)
from tests.engine.replaying import difference

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core.storage.protocol import Store

    from .conftest import MakeEngine

CATALOG = Catalog(
    currencies=[Currency("gems"), Currency("miles", expires="30d")],
    metrics=[Metric("lessons", "lesson"), Metric("topics", "lesson", distinct="topic")],
    rules=[Rule("lesson", on="lesson", award=10, streak="daily", cap=Cap(points=30, per="daily"))],
    streaks=[Streak("daily", milestones={3: 7}, milestones_once="run")],
    ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 50, "gold": 500})],
    badges=[
        Badge("first", criteria="lessons >= 1", points=5),
        Badge("keen", criteria="lessons >= 4", points=20),
        Badge("card", max_supply=9, transferable=False),
    ],
    leaderboards=[
        Leaderboard("top", periods=("all_time", "weekly")),
        Leaderboard("cup", period="daily", finalize_after="1h"),
    ],
    rewards=[
        Reward("mug", points_cost=10, max_claims_per_user=1),
        Reward("double", type="points_multiplier", factor=2, duration="2d"),
    ],
    challenges=[Challenge("dash", goals="lessons >= 2", period="weekly", points=3)],
)


def _sound(game: Engine) -> bool:
    """Say whether everything adds up, and is decided again as it was."""
    report = game.history.verify(replay=True)
    assert report.ok, report
    assert difference(game) == {}
    return True


def test_points_are_one_wallet_and_what_was_earned_adds_up(make_engine: MakeEngine) -> None:
    """Balance, earned and spent of both are the target's, in each currency, and the rung follows."""
    game = make_engine(CATALOG)
    game.points.award("ada", 30)
    game.points.award("guest", 40)
    game.points.deduct("guest", 15)
    game.points.award("guest", 3, currency="gems")
    answer = game.participants.merge("guest", into="ada")
    assert (answer.participant_id, answer.source_id, answer.already_merged) == ("ada", "guest", False)
    assert [(each.currency, each.amount, each.balance) for each in answer.wallets] == [
        ("gems", 3, 3),
        ("points", 25, 55),
    ]
    assert answer.points == 25
    balance = game.points.balance("ada")
    assert (balance.balance, balance.total_earned, balance.total_spent) == (55, 70, 15)
    assert answer.tier_upgrade is not None
    assert answer.tier_upgrade.code == "silver"
    assert _sound(game)


def test_the_source_is_one_more_name(make_engine: MakeEngine) -> None:
    """Whatever names the source, to read or to write, means the target; no list shows the source."""
    game = make_engine(CATALOG)
    game.participants.upsert("ada", "Ada")
    game.events.emit("guest", "lesson", {"topic": "a"})
    game.participants.merge("guest", into="ada")
    assert game.events.emit("guest", "lesson", {"topic": "b"}).participant_id == "ada"
    assert game.participants.get("guest").participant_id == "ada"
    assert game.participants.get("guest").total_events == game.events.list("ada").total == 2
    assert [row.participant_id for row in game.participants.list()] == ["ada"]
    assert game.participants.list(search="guest").total == 0
    assert game.leaderboards.rank("top", "guest").score == game.leaderboards.rank("top", "ada").score == 28
    assert [entry.participant_id for entry in game.leaderboards.top("top").entries] == ["ada"]
    with pytest.raises(BadValue, match="one person"):
        game.points.transfer("ada", "guest", 1)
    assert _sound(game)


def test_badges_held_by_both_are_held_once_since_the_earlier(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """One of the two is a duplicate and said to be; what both together reach is earned now, and once."""
    game = make_engine(CATALOG)
    game.events.emit("guest", "lesson", {})
    earlier = clock.now()
    clock.advance(days=1)
    game.events.emit("ada", "lesson", {})
    for _ in range(2):
        clock.advance(minutes=1)
        game.events.emit("guest", "lesson", {})
    answer = game.participants.merge("guest", into="ada")
    assert [(each.code, each.duplicate) for each in answer.merged_badges] == [("first", True)]
    assert [badge.code for badge in answer.badges] == ["keen"]
    (first,) = [badge for badge in game.badges.list("ada") if badge.code == "first"]
    assert (first.earned, first.earned_at, first.times) == (True, earlier, 1)
    assert game.badges.award("ada", "first").already_earned
    game.badges.revoke("ada", "first")
    assert "first" not in [badge.code for badge in game.badges.list("ada", earned_only=True)]
    assert _sound(game)


def test_copies_change_hands_with_their_way(make_engine: MakeEngine) -> None:
    """Numbered copies are the target's, also where they cannot be given away, and their way is kept."""
    game = make_engine(CATALOG)
    copy = game.assets.mint("card", "guest").asset_id
    game.assets.mint("card", "ada")
    answer = game.participants.merge("guest", into="ada")
    assert answer.assets == (copy,)
    assert [type(each) for each in answer.effects] == [AssetTransferred]
    assert {asset.asset_id for asset in game.assets.list("ada")} >= {copy}
    assert [step.to for step in game.assets.history(copy)][-1] == "ada"
    assert _sound(game)


def test_what_waits_comes_along_with_its_dates_and_ids(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Lots lapse when they would have, oldest first; what is pending matures; a hold is captured by its id."""
    game = make_engine(CATALOG)
    game.points.award("guest", 10, currency="miles")
    clock.advance(days=10)
    game.points.award("ada", 5, currency="miles")
    pending = game.points.award("guest", 8, matures="3d").transaction_id
    game.points.award("guest", 20)
    hold = game.points.hold("guest", 12).hold_id
    answer = game.participants.merge("guest", into="ada")
    assert answer.history == {"holds": 1, "pending": 1}
    assert (game.points.balance("ada").available, game.points.balance("ada").pending) == (8, 8)
    assert [each.hold_id for each in game.points.holds("ada")] == [hold]
    with pytest.raises(InsufficientPoints):
        game.points.deduct("ada", 9)
    assert game.points.capture(hold, 7).captured == 7
    game.points.deduct("ada", 3, currency="miles")  # of the older lot, which lapses first
    coming = game.points.expiring("ada", before=clock.now() + timedelta(days=60), currency="miles")
    assert [each.amount for each in coming] == [7, 5]
    clock.advance(days=4)
    game.settle()
    assert game.points.balance("ada").balance == 21
    assert game.points.reverse(pending or "").new_balance == 13
    clock.advance(days=30)
    game.settle()
    assert game.points.balance("ada", currency="miles").balance == 0
    assert _sound(game)


def test_what_the_source_did_is_taken_back_from_the_target(make_engine: MakeEngine) -> None:
    """Events, movements and claims of before the merger are undone under their ids."""
    game = make_engine(CATALOG)
    sent = game.events.emit("guest", "lesson", {"topic": "a"})
    paid = game.points.award("guest", 30)
    claim = game.rewards.claim("mug", "guest")
    game.events.emit("ada", "lesson", {"topic": "a"})
    game.participants.merge("guest", into="ada")
    assert game.rewards.cancel(claim.claim_id).new_balance == 63  # with a challenge
    assert game.points.reverse(paid.transaction_id or "").participant_id == "ada"
    taken = game.events.retract(sent.event_id)  # the badge stays, for the other lesson is reason enough
    assert taken.participant_id == "ada"
    balance = game.points.balance("ada")
    assert (balance.balance, balance.total_earned, balance.total_spent) == (23, 23, 0)
    assert game.events.retract(sent.event_id).already_retracted
    assert game.leaderboards.rank("top", "ada").score == 23
    assert "first" in [badge.code for badge in game.badges.list("ada", earned_only=True)]
    assert _sound(game)


def test_limits_count_both(make_engine: MakeEngine) -> None:
    """Claims, the caps of rules and completed challenges of the source count with the target."""
    game = make_engine(CATALOG)
    game.points.award("guest", 50)
    game.rewards.claim("mug", "guest")
    for who in ("guest", "guest", "ada"):
        game.events.emit(who, "lesson", {})
    game.participants.merge("guest", into="ada")
    game.points.award("ada", 50)
    with pytest.raises(MaxClaims):
        game.rewards.claim("mug", "ada")
    assert game.events.emit("ada", "lesson", {}).skipped[0].code == "cap"
    (dash,) = game.challenges.progress("ada")
    assert (dash.completed, dash.times_completed) == (True, 1)
    assert [claim.reward_id for claim in game.rewards.claims("ada")] == ["mug"]
    assert _sound(game)


def test_streaks_are_the_fold_of_both(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Days of the one fill the gaps of the other; a length that both together reach is rewarded once."""
    game = make_engine(CATALOG)
    for who in ("ada", "guest", "ada"):
        game.streaks.record(who, "daily")
        clock.advance(days=1)
    answer = game.participants.merge("guest", into="ada")
    streak = game.streaks.get("ada", "daily")
    assert (streak.current_count, streak.longest_count) == (3, 3)
    assert [(each.previous_count, each.count) for each in answer.corrections] == [(1, 3)]
    assert game.points.balance("ada").balance == 7
    game.streaks.record("guest", "daily")
    assert game.streaks.get("ada", "daily").current_count == 4
    assert game.points.balance("ada").balance == 7
    assert _sound(game)


def test_a_longest_run_that_was_brought_along_stays(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Where either was opened with a baseline, no longest run is lost by that."""
    game = make_engine(CATALOG)
    for _ in range(5):
        game.streaks.record("ada", "daily")
        clock.advance(days=1)
    game.participants.opening("guest", streaks={"daily": (2, 3, clock.now())}, balances={"points": 9})
    game.participants.merge("guest", into="ada")
    assert game.streaks.get("ada", "daily").longest_count == 5
    assert _sound(game)


def test_final_tables_stay_and_the_past_shows_two(make_engine: MakeEngine, clock: ManualClock) -> None:
    """A table that is final keeps both lines; a running one has one; before the merger there were two people."""
    game = make_engine(CATALOG)
    game.points.award("ada", 10)
    game.points.award("guest", 20)
    clock.advance(days=2)
    game.settle()
    before = clock.now()
    yesterday = str(game.leaderboards.top("cup", of="2026-03-02"))
    clock.advance(minutes=1)
    game.participants.merge("guest", into="ada")
    assert str(game.leaderboards.top("cup", of="2026-03-02")) == yesterday
    assert [(each.participant_id, each.score) for each in game.leaderboards.top("top").entries] == [
        ("ada", 30)
    ]
    then = game.at(before)
    assert then.points.balance("guest").balance == 20
    assert [(each.participant_id, each.score) for each in then.leaderboards.top("top").entries] == [
        ("guest", 20),
        ("ada", 10),
    ]
    assert [row.participant_id for row in then.participants.list()] == ["ada", "guest"]
    assert _sound(game)


def test_the_target_keeps_its_words_and_lacks_are_filled_in(make_engine: MakeEngine) -> None:
    """Name and attributes of the target win; what it has not is the source's."""
    game = make_engine(CATALOG)
    game.participants.upsert("ada", attributes={"team": "red"})
    game.participants.upsert("guest", "Guest", None, {"team": "blue", "lang": "fr"}, timezone="Asia/Tokyo")
    game.participants.merge("guest", into="ada")
    profile = game.participants.get("ada")
    assert (profile.display_name, profile.timezone) == ("Guest", "Asia/Tokyo")
    assert dict(profile.attributes) == {"team": "red", "lang": "fr"}
    assert _sound(game)


def test_a_new_target_appears(make_engine: MakeEngine) -> None:
    """A guest who signs up goes on under a new name with all there was."""
    game = make_engine(CATALOG)
    game.points.award("guest", 60)
    answer = game.participants.merge("guest", into="ada")
    assert answer.tier_upgrade is not None
    assert game.tiers.current("ada").current_tier == game.tiers.current("guest").current_tier
    assert game.points.balance("ada").balance == 60
    assert _sound(game)


def test_the_higher_rung_and_a_pin_stay(make_engine: MakeEngine) -> None:
    """A rung that only the source stands on is the target's too; a pin of the source comes along."""
    game = make_engine(CATALOG)
    game.points.award("ada", 1)
    game.tiers.assign("guest", "gold", reason="staff")
    answer = game.participants.merge("guest", into="ada")
    assert answer.tier_upgrade is not None
    assert answer.tier_upgrade.code == "gold"
    game.points.award("ada", 60)
    current = game.tiers.current("ada").current_tier
    assert current is not None
    assert current.code == "gold"
    assert _sound(game)


def test_who_has_several_names_is_among_friends_once(make_engine: MakeEngine) -> None:
    """A board of some people has one line for each of them, and the ranks that follow from that."""
    game = make_engine(CATALOG)
    for who, amount in (("ada", 5), ("guest", 9), ("bob", 3)):
        game.points.award(who, amount)
    game.participants.merge("guest", into="ada")
    found = game.leaderboards.among("top", ["guest", "ada", "bob", "bob"])
    assert [(each.rank, each.participant_id) for each in found.entries] == [(1, "ada"), (2, "bob")]
    assert found.total_participants == 2


def test_one_of_a_thing_is_told_as_one(make_engine: MakeEngine) -> None:
    """What comes along is counted in words that fit the number."""
    game = make_engine(CATALOG)
    game.events.emit("guest", "learn", {})
    game.points.award("guest", 1)
    game.points.hold("guest", 1)
    told = [line.split()[:2] for line in str(game.participants.merge("guest", into="ada")).splitlines()]
    counted = [each for each in told if each[0] in ("+1", "1")]
    assert counted == [["+1", "point"], ["1", "event"], ["1", "hold"]]


def test_mergers_are_chained_and_end_in_one(make_engine: MakeEngine) -> None:
    """Who was merged into the source comes along, under whatever name; what was undone on the way stays undone."""
    game = make_engine(CATALOG)
    paid = [game.points.award(who, 10).transaction_id or "" for who in ("cay", "bob", "ada")]
    game.participants.merge("cay", into="bob")
    game.points.reverse(paid[0])
    game.participants.merge("bob", into="ada")
    for who in ("cay", "bob", "ada"):
        assert game.points.balance(who).balance == 20
    game.points.reverse(paid[1])
    assert game.points.balance("cay").total_earned == 10
    assert [row.participant_id for row in game.participants.list()] == ["ada"]
    assert _sound(game)


def test_a_promise_that_was_kept_between_two_mergers_is_taken_back(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """It stands in the wallet of who was the person when it matured, neither the first nor the last of them."""
    game = make_engine(CATALOG)
    promised = game.points.award("guest", 30, reason="Order 7", matures="1d").transaction_id
    game.participants.merge("guest", into="ada")
    clock.advance(days=2)
    assert game.points.award("ada", 1).new_balance == 31
    game.participants.merge("ada", into="bob")
    assert _sound(game)
    assert game.points.reverse(promised, amount=10).new_balance == 21
    assert game.points.reverse(promised).new_balance == 1
    assert _sound(game)


def test_merging_again_changes_nothing(make_engine: MakeEngine) -> None:
    """What is merged already is said to be; a key replays its answer, and is not used for something else."""
    game = make_engine(CATALOG)
    for who in ("ada", "bob", "guest"):
        game.points.award(who, 10)
    first = game.participants.merge("guest", into="ada", idempotency_key="k")
    rows = len(game.history.activity())
    again = game.participants.merge("guest", into="ada", idempotency_key="k")
    assert (again.replayed, again.effects) == (True, first.effects)
    assert game.participants.merge("guest", into="ada").already_merged
    assert len(game.history.activity()) == rows
    assert game.points.balance("ada").balance == 20


def test_what_cannot_be_merged_is_refused_and_leaves_nothing(make_engine: MakeEngine) -> None:
    """One person under two names, a source that is somebody else by now, closed, unknown or erased people."""
    game = make_engine(CATALOG)
    for who in ("ada", "bob", "guest", "shut", "gone"):
        game.points.award(who, 10)
    game.participants.merge("guest", into="ada")
    game.points.close("shut")
    game.participants.anonymize("gone")
    rows = game.history.state_digest()
    with pytest.raises(NotMergeable, match="one person") as itself:
        game.participants.merge("ada", into="ada")
    assert (itself.value.reason, itself.value.source, itself.value.into) == ("itself", "ada", "ada")
    with pytest.raises(NotMergeable, match="ada and guest are one person already: ada"):
        game.participants.merge("ada", into="guest")
    with pytest.raises(NotMergeable, match="merged into ada before") as moved:
        game.participants.merge("guest", into="bob")
    assert (moved.value.reason, moved.value.person) == ("merged", "ada")
    for source, into in (("shut", "ada"), ("ada", "shut")):
        with pytest.raises(WalletClosed):
            game.participants.merge(source, into=into)
    for source, into in (
        ("nobody", "ada"),
        ("nobody", "new"),
        ("anonymous:5", "ada"),
        ("ada", "anonymous:5"),
    ):
        with pytest.raises(NotFound):
            game.participants.merge(source, into=into)
    with pytest.raises(NotFound):
        game.participants.merge("@issued", into="ada")
    assert game.history.state_digest() == rows


def test_who_is_hidden_stays_hidden(make_engine: MakeEngine) -> None:
    """Merging is no way back onto a board, and showing somebody again shows all of it."""
    game = make_engine(CATALOG)
    game.points.award("ada", 10)
    game.points.award("cheat", 90)
    game.leaderboards.hide("cheat")
    game.participants.merge("cheat", into="ada")
    assert not game.leaderboards.top("top").entries
    game.leaderboards.unhide("ada")
    assert [(each.participant_id, each.score) for each in game.leaderboards.top("top").entries] == [
        ("ada", 100)
    ]
    assert _sound(game)


@pytest.mark.parametrize("how", ["anonymize", "delete"])
def test_erasing_a_person_erases_all_their_names(make_engine: MakeEngine, how: str) -> None:
    """Nothing is left under the name of who was merged: neither in rows nor in the words of commands."""
    game = make_engine(CATALOG)
    game.events.emit("guest@secret", "lesson", {"topic": "secret"})
    game.events.emit("ada@secret", "lesson", {})
    game.participants.merge("guest@secret", into="ada@secret")
    assert game.participants.export("guest@secret")["names"] == ["ada@secret", "guest@secret"]
    getattr(game.participants, how)("guest@secret")
    told = io.StringIO()
    game.history.export(told)
    assert "secret" not in told.getvalue()
    for name in ("ada@secret", "guest@secret"):
        with pytest.raises(NotFound):
            game.participants.get(name)
    assert game.history.verify().ok


def test_what_an_erasure_concerns_it_concerns_under_all_names(make_engine: MakeEngine) -> None:
    """A replay compares no row of those who are one person with somebody to whom an erased command came."""
    game = make_engine(CATALOG)
    for who in ("zed", "guest", "ada", "eve", "bob"):
        game.points.award(who, 5)
    game.participants.upsert("new")
    game.participants.merge("guest", into="ada")
    game.participants.merge("new", into="zed")
    game.points.transfer("zed", "ada", 3)
    game.leaderboards.hide("ada")
    game.participants.merge("ada", into="eve")
    game.participants.delete("zed")
    report = game.history.verify(replay=True)
    assert report.ok, report
    assert len(report.not_compared) == 5  # all but bob
    assert report.replayed


def test_a_dry_run_tells_all_and_keeps_nothing(make_engine: MakeEngine) -> None:
    """The answer is that of the merger itself, and afterwards there are two people still."""
    game = make_engine(CATALOG)
    game.events.emit("ada", "lesson", {"topic": "a"})
    game.events.emit("guest", "lesson", {"topic": "b"})
    digest = game.history.state_digest()
    with game.dry_run() as trial:
        tried = trial.participants.merge("guest", into="ada")
    assert game.history.state_digest() == digest
    assert game.participants.merge("guest", into="ada") == tried
    kinds = {type(each) for each in tried.effects}
    assert {PointsMerged, BadgeMerged, HistoryMerged} <= kinds
    assert str(tried).splitlines()[:2] == [
        "ada · guest merged",
        "  badge First             of guest, held already",
    ]


def test_a_history_with_mergers_is_moved_whole(
    make_engine: MakeEngine, make_store: Callable[[], Store]
) -> None:
    """An exported history ends in the same state, and goes on from there."""
    game = make_engine(CATALOG)
    game.events.emit("guest", "lesson", {"topic": "a"})
    game.events.emit("ada", "lesson", {"topic": "b"})
    game.participants.merge("guest", into="ada")
    told = io.StringIO()
    game.history.export(told)
    other = make_engine(CATALOG, store=make_store())
    other.history.restore(io.StringIO(told.getvalue()))
    assert other.history.state_digest() == game.history.state_digest()
    assert other.events.emit("guest", "lesson", {}).participant_id == "ada"
    assert other.history.verify().ok


def test_a_metric_that_is_declared_later_counts_both(
    make_engine: MakeEngine, make_store: Callable[[], Store]
) -> None:
    """What a changed catalog asks for is filled from both histories; nobody stands on a new ladder under an alias."""
    store = make_store()
    game = make_engine(Catalog(), store=store)
    for who in ("guest", "ada"):
        game.events.emit(who, "lesson", {"topic": who})
        game.points.award(who, 30)
    game.participants.merge("guest", into="ada")
    later = make_engine(CATALOG, store=store)
    later.points.award("bob", 1)
    assert later.leaderboards.rank("top", "ada").score == 60
    current = later.tiers.current("ada").current_tier
    assert current is not None
    assert current.code == "silver"
    assert [row.participant_id for row in later.participants.list(tier="silver")] == ["ada"]
    assert _sound(later)


def test_lists_of_people_leave_no_hole(make_engine: MakeEngine) -> None:
    """Pages by id pass over the names of who was merged, from either end."""
    game = make_engine(CATALOG)
    names = [f"p{n}" for n in range(12)]
    for name in names:
        game.points.award(name, 1)
    gone = ["p0", "p1", "p4", "p11"]
    for name in gone:
        game.participants.merge(name, into="p7")
    left = sorted(set(names) - set(gone))
    for order, expected in (("asc", left), ("desc", left[::-1])):
        pages = [
            game.participants.list(sort_order=order, page=n, page_size=3)  # type: ignore[arg-type]
            for n in (1, 2, 3)
        ]
        assert [row.participant_id for page in pages for row in page] == expected
        assert {page.total for page in pages} == {8}
