"""Audits of gifts and currencies: exact in every window, and no dearer than what the window holds."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import (
    Award,
    Badge,
    BadValue,
    Catalog,
    Currency,
    Emit,
    Engine,
    GamifyError,
    ManualClock,
    Metric,
    NotFound,
    PointsAwarded,
    PointsDeducted,
    PointsReversed,
    Rule,
)

from .conftest import START

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core.game import Game
    from gamify_core.storage.protocol import Store

    from .conftest import MakeEngine

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


def test_the_documents_audit_of_gifts(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Totals, recipients, the most popular tier, and days newest first, under exactly the document's keys."""
    clock.set("2026-02-19T10:00:00Z")
    game = make_engine()
    gold, iron = (game.gifts.create(*gift).gift_id for gift in (("A", "gold", 200), ("B", "iron", 50)))
    for who in ("ada", "bob"):
        game.gifts.redeem(gold, who)
    game.gifts.redeem(iron, "ada")
    clock.set("2026-02-20T14:05:00Z")
    game.gifts.redeem(gold, "carl")
    game.scores.add("dora", "points", "gift_redeemed", 7)
    audit = game.analytics.currency("gifts_redeemed", "7d")
    assert audit.to_dict() == {
        "type": "currency",
        "metric": "gifts_redeemed",
        "window": "7d",
        "summary": {"total_gifts": 5, "total_value": 657, "unique_recipients": 4, "top_tier": "gold"},
        "daily": [
            {"date": "2026-02-20", "count": 2, "value": 207},
            {"date": "2026-02-19", "count": 3, "value": 450},
        ],
    }
    assert list(audit.to_dict()) == ["type", "metric", "window", "summary", "daily"]
    assert audit.daily[0].date == date(2026, 2, 20)


def test_nothing_in_the_window_is_nothing(make_engine: MakeEngine) -> None:
    """An empty store, and a window in which nothing was, give zeros and no days."""
    game = make_engine()
    gifts, points = game.analytics.currency("gifts_redeemed", "7d"), game.analytics.currency("points", "7d")
    assert (gifts.summary.total_gifts, gifts.summary.top_tier, gifts.daily) == (0, None, ())
    assert (points.summary.net, points.summary.by_reason, points.daily) == (0, {}, ())


def test_of_two_tiers_with_as_many_the_dearer_is_on_top(make_engine: MakeEngine) -> None:
    """And of two of the same worth the one that comes first by its name: an audit does not waver."""
    game = make_engine()
    for tier, reward in (("a", 5), ("c", 9), ("b", 9)):
        game.gifts.redeem(game.gifts.create(tier, tier, reward).gift_id, "ada")
    assert game.analytics.currency("gifts_redeemed", "7d").summary.top_tier == "b"


def test_scores_of_other_actions_are_no_gifts(make_engine: MakeEngine) -> None:
    """What was posted for something else is not counted, nor is what has no tier a tier."""
    game = make_engine()
    game.scores.add("ada", "points", "gift_redeemed_too", 5)
    assert game.analytics.currency("gifts_redeemed", "7d").summary.total_gifts == 0
    game.scores.add("ada", "points", "gift_redeemed", 5)
    summary = game.analytics.currency("gifts_redeemed", "7d").summary
    assert (summary.total_gifts, summary.top_tier) == (1, None)


def test_the_flow_of_a_currency(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What came, what went, what passed on and what was taken back, by day and by reason."""
    game = make_engine(
        Catalog(
            currencies=[Currency("gems")],
            rules=[Rule("lesson", on="e", award={"points": 10, "gems": 1})],
            badges=[Badge("b", points=50)],
        )
    )
    game.events.emit("ada", "e")
    game.badges.award("bob", "b")
    game.points.award("ada", 100, reason="Welcome")
    clock.advance(days=1)
    game.points.award_batch([Award("bob", 5, reason="Welcome"), Award("ada", 7)])
    game.points.deduct("ada", 30, reason="Hat")
    game.points.transfer("ada", "carl", 20, reason="Thanks")
    wrong = game.points.award("ada", 1000, reason="Oops")
    game.points.reverse(wrong.transaction_id, reason="Mistake")
    audit = game.analytics.currency("points", "2d")
    assert list(audit.summary.by_reason.items()) == [
        ("Oops", 1000),
        ("Welcome", 105),
        ("badge:b", 50),
        ("rule:lesson", 10),
        ("direct", 7),
        ("Hat", -30),
        ("Mistake", -1000),
    ]
    body = audit.to_dict()
    assert body["summary"] == {
        "issued": 1172,
        "spent": 30,
        "transferred": 20,
        "expired": 0,
        "reversed": -1000,
        "erased": 0,
        "net": 142,
        "unique_recipients": 2,
        "by_reason": audit.summary.by_reason,
    }
    assert body["daily"] == [
        {
            "date": "2026-03-03",
            "issued": 1012,
            "spent": 30,
            "transferred": 20,
            "expired": 0,
            "reversed": -1000,
            "erased": 0,
        },
        {
            "date": "2026-03-02",
            "issued": 160,
            "spent": 0,
            "transferred": 0,
            "expired": 0,
            "reversed": 0,
            "erased": 0,
        },
    ]
    assert (body["type"], body["metric"], body["window"]) == ("currency", "points", "2d")
    assert game.analytics.currency("gems", "2d").to_dict()["summary"]["issued"] == 1  # type: ignore[index]


def test_what_goes_with_a_deleted_person_is_not_spent(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Erased balances are a kind of their own, in all, by reason and by day; a debt that goes counts against them."""
    game = make_engine()
    game.points.award("ada", 100)
    wrong = game.points.award("bob", 30)
    game.points.deduct("bob", 20)
    game.points.reverse(wrong.transaction_id, on_insufficient="allow_negative")
    clock.advance(days=1)
    game.participants.delete("ada")
    audit = game.analytics.currency("points", "7d")
    assert (audit.summary.spent, audit.summary.erased, audit.summary.net) == (20, 100, -20)
    game.participants.delete("bob")
    audit = game.analytics.currency("points", "7d")
    summary = audit.summary
    assert (summary.issued, summary.spent, summary.reversed, summary.erased) == (130, 20, -30, 80)
    assert (summary.net, summary.unique_recipients) == (0, 2)
    assert dict(summary.by_reason) == {"direct": 80, "erased": -80}
    assert [(day.spent, day.erased) for day in audit.daily] == [(0, 80), (20, 0)]


def test_gifts_of_unlike_things_do_not_add_up(make_engine: MakeEngine) -> None:
    """Values are of points; gems and posted metrics are gifts too, and what they come to is told for each alone."""
    game = make_engine(Catalog(currencies=[Currency("gems")], metrics=[Metric("lessons", on="e")]))
    game.gifts.redeem(game.gifts.create("A", "gold", 5).gift_id, "ada")
    game.gifts.redeem(game.gifts.create("B", "iron", 1000, currency="gems").gift_id, "ada")
    posted = {"lessons": 7, "gems": 10, "points": 20, "points.balance": 30}
    for metric, value in posted.items():
        game.scores.add("bob", metric, "gift_redeemed", value)
    audit = game.analytics.currency("gifts_redeemed", "7d")
    assert audit.summary.by_currency == {"gems": 1010, "lessons": 7, "points": 55}
    assert audit.to_dict()["summary"] == {
        "total_gifts": 6,
        "total_value": 55,
        "unique_recipients": 2,
        "top_tier": "gold",  # one of each, and only the one is worth points
    }
    assert [(day.count, day.value) for day in audit.daily] == [(6, 55)]


def test_days_are_those_of_the_catalogs_zone(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Half past eleven in the evening in London is tomorrow in Paris."""
    clock.set("2026-03-02T23:30:00Z")
    game = make_engine(Catalog(timezone="Europe/Paris"))
    game.points.award("ada", 5)
    game.gifts.redeem(game.gifts.create("A", "gold", 5).gift_id, "ada")
    for metric in ("points", "gifts_redeemed"):
        assert [day.date for day in game.analytics.currency(metric, "1h").daily] == [date(2026, 3, 3)]


def test_a_window_of_text_ends_now(make_engine: MakeEngine, clock: ManualClock) -> None:
    """It holds this very instant and not the one that is exactly so long ago, nor what lies ahead."""
    game = make_engine()
    gift = game.gifts.create("A", "gold", 1).gift_id
    start = clock.now()
    for who, moment in (("a", start), ("b", start + TICK), ("c", start + HOUR), ("d", start + HOUR + TICK)):
        clock.set(max(clock.now(), min(moment, start + HOUR)))
        game.points.award(who, 1, at=moment)
        game.gifts.redeem(gift, who, at=moment)
    assert game.analytics.currency("points", "1h").summary.issued == 4
    assert game.analytics.currency("gifts_redeemed", "1h").summary.total_gifts == 2


def test_a_window_of_two_instants_holds_its_start_and_not_its_end(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """Windows that follow each other count everything once; the answer says which it was."""
    game = make_engine()
    start = clock.now()
    for moment in (start, start + HOUR - TICK, start + HOUR):
        clock.set(moment)
        game.points.award("ada", 1)
    first, second = ((start, start + HOUR), (start + HOUR, start + 2 * HOUR))
    assert [game.analytics.currency("points", each).summary.issued for each in (first, second)] == [2, 1]
    assert game.analytics.currency("points", first).window == "2026-03-02T09:00:00Z/2026-03-02T10:00:00Z"


def test_what_is_late_early_or_imported_is_found(make_engine: MakeEngine, clock: ManualClock) -> None:
    """It counts when it occurred, whenever it was recorded."""
    game = make_engine(Catalog(rules=[Rule("r", on="e", award=100)]), accept_early=timedelta(days=2))
    start = clock.now()
    game.points.award("late", 1, at=start - timedelta(days=5))
    game.points.award("soon", 2, at=start + timedelta(days=1, hours=23))
    game.points.award("hour", 4, at=start - HOUR)
    game.points.award("more", 8, at=start - HOUR - TICK)
    game.events.emit_batch([Emit("old", "e", timestamp=start - timedelta(days=400))], backfill=True)
    clock.advance(days=30)

    def issued(moment: datetime) -> int:
        return int(game.analytics.currency("points", (moment, moment + TICK)).summary.issued)

    assert issued(start - timedelta(days=5)) == 1
    assert issued(start + timedelta(days=1, hours=23)) == 2
    assert issued(start - HOUR) == 4
    assert issued(start - HOUR - TICK) == 8
    assert issued(start - timedelta(days=400)) == 100
    assert issued(start) == 0


class Counting:
    """A store that counts the rows that are read from snapshots of it."""

    def __init__(self, store: Store) -> None:
        """Stand before a store."""
        self.store = store
        self.rows = 0

    def __getattr__(self, name: str) -> Any:
        """Do all else as the store does."""
        return getattr(self.store, name)

    def view(self) -> CountingView:
        """Return a snapshot that is counted."""
        return CountingView(self)


class CountingView:
    """A snapshot whose rows are counted."""

    def __init__(self, counting: Counting) -> None:
        """Open a snapshot of the store."""
        self.counting = counting
        self.view: Any = counting.store.view()

    def __enter__(self) -> Self:
        """Open it."""
        self.view.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        """Let it go."""
        self.view.__exit__(*error)

    def __getattr__(self, name: str) -> Any:
        """Count what comes back."""
        read = getattr(self.view, name)

        def counted(*args: object, **range_: object) -> object:
            found = read(*args, **range_)
            self.counting.rows += len(found) if isinstance(found, list) else 1
            return found

        return counted


@pytest.mark.parametrize("metric", ["points", "gifts_redeemed"])
def test_the_cost_grows_with_the_window_and_not_with_history(
    make_engine: MakeEngine, make_store: Callable[[], Store], clock: ManualClock, metric: str
) -> None:
    """A thousand commands before and after a day cost its audit a few halvings more, and no further rows."""
    store = Counting(make_store())
    game = make_engine(Catalog(badges=[Badge("b")]), store=store)
    gift = game.gifts.create("A", "gold", 1).gift_id
    costs = []
    window = (clock.now() + timedelta(days=100), clock.now() + timedelta(days=101))
    for many, days in ((1, 0), (500, 50), (20, 100), (1, 102), (1000, 200)):
        clock.set(datetime.fromisoformat(START) + timedelta(days=days))
        with game.transaction() as tx:
            for number in range(many):
                tx.gifts.redeem(gift, f"{days} {number}")
        if days >= 100:
            store.rows = 0
            assert game.analytics.currency(metric, window).daily[0].date == window[0].date()
            costs.append(store.rows)
    assert costs[0] >= 20
    assert costs[2] <= costs[0] + 25  # two bisects of twice as much, and not a thousand rows


def test_chunks_lose_and_repeat_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Thousands of rows in one window, at one instant and late ones too, are each counted once."""
    game = make_engine()
    gift = game.gifts.create("A", "gold", 1).gift_id
    late = clock.now() - timedelta(days=1)
    with game.transaction() as tx:
        for number in range(1001):
            tx.gifts.redeem(gift, f"p{number}")
            tx.points.award("ada", 1, at=late)
    assert game.analytics.currency("gifts_redeemed", "1h").summary.total_gifts == 1001
    assert game.analytics.currency("points", "1h").summary.issued == 1001
    assert game.analytics.currency("points", (late, late + TICK)).summary.issued == 1001


def test_every_scope_has_its_own_books(make_engine: MakeEngine) -> None:
    """What happened elsewhere is in no audit here."""
    game = make_engine()
    guild = game.scope("guild")
    game.points.award("ada", 5)
    guild.gifts.redeem(guild.gifts.create("A", "gold", 7).gift_id, "ada")
    assert game.analytics.currency("points", "7d").summary.issued == 5
    assert game.analytics.currency("gifts_redeemed", "7d").summary.total_gifts == 0
    assert guild.analytics.currency("points", "7d").summary.issued == 7
    assert guild.analytics.currency("gifts_redeemed", "7d").summary.total_value == 7


def test_a_dry_run_is_audited_in_itself(make_engine: MakeEngine) -> None:
    """A handle's audit sees what its own commands did."""
    game = make_engine()
    with game.dry_run() as trial:
        trial.points.award("ada", 5)
        assert trial.analytics.currency("points", "7d").summary.issued == 5
    assert game.analytics.currency("points", "7d").summary.issued == 0


def test_who_owns_what(make_engine: MakeEngine) -> None:
    """Ownership of a badge is read where assets are."""
    game = make_engine(Catalog(badges=[Badge("b", max_supply=9)]))
    for who in ("ada", "bob"):
        game.assets.mint("b", who)
    assert [owner.participant_id for owner in game.analytics.ownership("b").owners] == ["bob", "ada"]
    assert len(game.analytics.ownership("b", limit=1).owners) == 1


@pytest.mark.parametrize(
    ("metric", "near"),
    [
        ("gifts_redemed", "gifts_redeemed"),
        ("pints", "points"),
        ("gem", "gems"),
        ("?", None),
        ("points.earned", None),
    ],
)
def test_an_unknown_metric_is_named(make_engine: MakeEngine, metric: str, near: str | None) -> None:
    """Only gifts and currencies are audited; the nearest of them is offered."""
    game = make_engine(Catalog(currencies=[Currency("gems")]))
    with pytest.raises(NotFound) as caught:
        game.analytics.currency(metric, "7d")
    assert caught.value.detail == f"Metric not found: {metric}"
    assert near is None or caught.value.nearest == near


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "window",
    ["", "7", "soon", None, 7, (), (NOON,), (NOON, NOON), (NOON + TICK, NOON), (NOON, "7d"),
     (NOON, NOON.replace(tzinfo=None) + HOUR)],
    ids=repr,
)  # fmt: skip
def test_a_window_that_is_none_is_refused(make_engine: MakeEngine, window: object) -> None:
    """A length of time, or two aware instants in order; anything else names the field."""
    with pytest.raises(BadValue) as caught:
        make_engine().analytics.currency("points", window)  # type: ignore[call-overload]
    assert caught.value.field == "window"


# -- the same, by brute force ---------------------------------------------------------------------------------

OFFSETS = st.sampled_from(
    [
        timedelta(0),
        TICK,
        -TICK,
        HOUR,
        HOUR + TICK,
        HOUR - TICK,
        timedelta(days=1),
        timedelta(days=7),
        -4 * HOUR / 60,
    ]
)
COMMANDS = st.tuples(
    st.sampled_from(["award", "award", "deduct", "transfer", "reverse", "import", "guild", "delete"]),
    st.integers(1, 50),
    OFFSETS,
    st.sampled_from([timedelta(0), TICK, HOUR, timedelta(days=1)]),
)


def carry_out(  # noqa: PLR0913 - the parts of a command
    game: Game, clock: ManualClock, done: list[str], kind: str, amount: int, ago: timedelta
) -> None:
    """Do a command that happened so long ago; refusals are no concern of the books."""
    moment = clock.now() - ago
    try:
        if kind == "award":
            done.append(game.points.award("ada", amount, at=moment).transaction_id)
        elif kind == "deduct":
            done.append(game.points.deduct("ada", amount, reason="Hat", at=moment).transaction_id)
        elif kind == "transfer":
            game.points.transfer("ada", "bob", amount, at=moment)
        elif kind == "reverse":
            game.points.reverse(done[amount % len(done)] if done else "txn_1_0")
        elif kind == "delete":
            game.participants.delete(("ada", "bob")[amount % 2])
        elif kind == "import":
            game.events.emit_batch(
                [Emit("ada", "e", timestamp=moment - timedelta(days=amount))], backfill=True
            )
        else:
            game.scope("guild").points.award("ada", amount, at=moment)
    except GamifyError:
        pass


def books(game: Game, start: datetime, end: datetime) -> Counter[str]:
    """Add up the effects of the whole history that lie in a window."""
    found: Counter[str] = Counter()
    after = 0
    while rows := game.history.activity(after=after):
        after = rows[-1].seq
        for effect in (effect for row in rows for effect in row.effects if start <= effect.occurred_at < end):
            match effect:
                case PointsAwarded(cause="deleted"):
                    found["erased"] -= int(effect.amount)
                case PointsAwarded(peer_id=None):
                    found["issued"] += int(effect.amount)
                case PointsDeducted(cause="deleted"):
                    found["erased"] += int(effect.amount)
                case PointsDeducted(peer_id=peer):
                    found["spent" if peer is None else "transferred"] += int(effect.amount)
                case PointsReversed():
                    found["reversed"] += int(effect.amount)
    return found


@given(st.lists(COMMANDS, max_size=30), OFFSETS, OFFSETS)
@settings(max_examples=60, deadline=None)
def test_any_window_agrees_with_the_whole_history(
    commands: list[tuple[str, int, timedelta, timedelta]], back: timedelta, length: timedelta
) -> None:
    """Late, early, imported or neither: the audit of a window is the sum of the effects that occurred in it."""
    clock = ManualClock(START)
    rules = [Rule("r", on="e", award=3)]
    with Engine(Catalog(rules=rules), clock=clock) as game:
        done: list[str] = []
        for kind, amount, ago, step in commands:
            carry_out(game, clock, done, kind, amount, ago)
            clock.advance(seconds=step.total_seconds())
        start = clock.now() - abs(back) - abs(length)
        for window in ((start, start + abs(length) + TICK), (start - timedelta(days=60), clock.now() + HOUR)):
            summary = game.analytics.currency("points", window).summary
            expected = books(game, *window)
            assert {kind: getattr(summary, kind) for kind in expected} == dict(expected)
            came = expected["issued"] + expected["reversed"]
            assert summary.net == came - expected["spent"] - expected["erased"]
            assert sum(summary.by_reason.values()) == summary.net
        assert summary.net == sum(game.points.balance(who).balance for who in ("ada", "bob"))
